import type { Project } from '../../core/config/load-config.ts'
import { didYouMean } from '../../core/config/nearest-name.ts'
import { DroplakeError } from '../../core/errors.ts'
import type { RowLayer } from './traced-rows.ts'

/** What is to be traced: a mart, or a table in one layer. */
export type TraceTarget =
  | { readonly layer: 'app'; readonly name: string }
  | { readonly layer: RowLayer; readonly name: string }

const LAYERS: readonly string[] = ['app', 'dw', 'ods', 'quarantine']

/**
 * The table or mart of a name, with its layer or without: `app.revenue`, `revenue`, `orders` for `dw.orders`. Upper and
 * lower case are the same.
 *
 * @throws {DroplakeError} TABLE_NOT_FOUND
 */
export function findTarget({ config }: Project, text: string): TraceTarget {
  const [tables, marts] = [Object.keys(config.tables), Object.keys(config.marts)]
  // A name may have a dot in it: as a whole it comes first.
  const table = sameName(tables, text)
  if (table !== undefined) return { layer: 'dw', name: table }
  const mart = sameName(marts, text)
  if (mart !== undefined) return { layer: 'app', name: mart }
  const [layer = '', ...rest] = text.split('.')
  const known = layer.toLowerCase()
  const name = sameName(known === 'app' ? marts : tables, rest.join('.'))
  if (LAYERS.includes(known) && name !== undefined) return { layer: known as TraceTarget['layer'], name }
  throw notFound(text, [
    ...marts.map((martName) => `app.${martName}`),
    ...tables.flatMap((tableName) => ['dw', 'ods', 'quarantine'].map((place) => `${place}.${tableName}`)),
  ])
}

function sameName(names: readonly string[], wanted: string): string | undefined {
  return names.find((name) => name === wanted) ?? names.find((name) => name.toLowerCase() === wanted.toLowerCase())
}

function notFound(text: string, names: readonly string[]): DroplakeError {
  const bare = names.map((name) => name.slice(name.indexOf('.') + 1))
  return new DroplakeError(
    'TABLE_NOT_FOUND',
    `there is no table or mart "${text}".${didYouMean(text, text.includes('.') ? names : bare)}`,
    { hint: `Known are ${names.map((name) => name.replace(/^dw\./, '')).join(', ')}.` },
  )
}

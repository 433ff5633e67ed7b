import { didYouMean } from '../../core/config/nearest-name.ts'
import type { Config } from '../../core/config/schema.ts'
import type { Engine } from '../../core/engine.ts'
import { type MartInputs, martInvalid } from './mart-query.ts'
import { type Relation, readRelations } from './read-relations.ts'

/**
 * The tables and marts of the config that a SELECT reads.
 *
 * @param place whose SQL it is, for messages
 * @throws {DroplakeError} MART_INVALID when it reads anything else from the lake, or hides what it reads
 */
export async function findInputs(
  engine: Engine,
  { tables, marts }: Pick<Config, 'tables' | 'marts'>,
  place: string,
  text: string,
): Promise<MartInputs & { readonly isFickle: boolean }> {
  const relations = await readRelations(engine, text)
  if (typeof relations === 'string') throw martInvalid(place, relations)
  const { qualified, isFickle, bare, hidden } = relations
  if (hidden[0] !== undefined)
    throw martInvalid(place, `it uses ${hidden[0]}(), which does not tell what it reads; name the tables instead`)
  if (bare[0] !== undefined) throw martInvalid(place, bareName(bare[0], tables, marts))
  const found = { tables: new Set<string>(), marts: new Set<string>() }
  for (const relation of qualified) {
    const schema = relation.catalog === '' ? relation.schema.toLowerCase() : ''
    if (schema === 'dw') found.tables.add(knownName(place, relation, Object.keys(tables), 'table'))
    else if (schema === 'app') found.marts.add(knownName(place, relation, Object.keys(marts), 'mart'))
    else
      throw martInvalid(place, `it reads ${written(relation)}; expected tables as dw.<table> and marts as app.<mart>`)
  }
  return { tables: [...found.tables].sort(), marts: [...found.marts].sort(), isFickle }
}

function bareName(name: string, tables: Config['tables'], marts: Config['marts']): string {
  const known = [
    ...Object.keys(tables).map((table) => `dw.${table}`),
    ...Object.keys(marts).map((mart) => `app.${mart}`),
  ]
  const same = known.find((one) => one.slice(one.indexOf('.') + 1).toLowerCase() === name.toLowerCase())
  const suggestion = same === undefined ? didYouMean(name, known) : ` Did you mean "${same}"?`
  return `it reads ${name}; expected tables as dw.<table> and marts as app.<mart>.${suggestion}`
}

/** The name as the config writes it: SQL knows no upper and lower case. */
function knownName(place: string, relation: Relation, known: readonly string[], what: string): string {
  const name = known.find((candidate) => candidate.toLowerCase() === relation.name.toLowerCase())
  if (name !== undefined) return name
  const suggestion =
    didYouMean(relation.name, known) || (known.length === 0 ? '' : ` Known are ${[...known].sort().join(', ')}.`)
  throw martInvalid(place, `it reads ${written(relation)}, but there is no ${what} "${relation.name}".${suggestion}`)
}

function written({ catalog, schema, name }: Relation): string {
  return [catalog, schema, name].filter((part) => part !== '').join('.')
}

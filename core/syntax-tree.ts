// DuckDB's own syntax trees of SELECT statements: read, looked at, changed, and printed as SQL again.
import type { Engine } from './engine.ts'
import { DroplakeError, messageOf } from './errors.ts'
import { sql } from './sql.ts'

export type TreeValue = string | boolean | null | Tree | readonly TreeValue[]

/** A piece of a tree: nodes and tables have a `type`, expressions a `class` besides. Numbers are marked text (`numberNode`). */
export interface Tree {
  readonly [key: string]: TreeValue
}

/** Before the digits of a number: a JavaScript number would round those of 64 bits. */
const NUMBER_MARK = '\u0000'

/**
 * The tree of each statement in a text.
 *
 * @returns a sentence of the parser where it is no SQL, or has a statement that is no SELECT
 */
export async function parseSelects(engine: Engine, text: string): Promise<readonly Tree[] | string> {
  const { json } = await engine.row<{ json: string }>(sql`select json_serialize_sql(${text}::varchar)::varchar as json`)
  const parsed = parseTree(json)
  if (parsed.error === true) return String(parsed.error_message)
  return treesOf(parsed.statements).map((statement) => treeOf(statement.node))
}

/** SQL that says what a tree says. */
export async function printSelect(engine: Engine, node: Tree): Promise<string> {
  const json = printTree({ error: false, statements: [{ node, named_param_map: [] }] })
  try {
    const { text } = await engine.row<{ text: string }>(
      sql`select json_deserialize_sql(${json}::varchar::json) as text`,
    )
    return text
  } catch (cause) {
    throw new DroplakeError('INTERNAL', `a syntax tree cannot be printed: ${messageOf(cause)}`, { cause })
  }
}

/** Every piece of a tree, from the top down, without those below a piece that `isClosed`. */
export function* piecesOf(value: TreeValue | undefined, isClosed?: (piece: Tree) => boolean): Generator<Tree> {
  if (isList(value)) for (const item of value) yield* piecesOf(item, isClosed)
  else if (isTree(value)) {
    yield value
    if (!isClosed?.(value)) for (const part of Object.values(value)) yield* piecesOf(part, isClosed)
  }
}

export function isTree(value: TreeValue | undefined): value is Tree {
  return typeof value === 'object' && value !== null && !isList(value)
}

/** A part that must be there. */
export function treeOf(value: TreeValue | undefined): Tree {
  if (isTree(value)) return value
  throw new DroplakeError('INTERNAL', `expected a piece of a syntax tree, found ${JSON.stringify(value)}`)
}

/** A part that is a list of pieces; empty where there is none. */
export function treesOf(value: TreeValue | undefined): readonly Tree[] {
  return isList(value) ? value.filter(isTree) : []
}

/** A part that is a list of texts, such as the names of a column reference. */
export function textsOf(value: TreeValue | undefined): readonly string[] {
  return isList(value) ? value.filter((item) => typeof item === 'string') : []
}

/** A part that is text; empty where there is none. */
export function textOf(value: TreeValue | undefined): string {
  return typeof value === 'string' ? value : ''
}

/** The number in a tree; undefined where there is none. */
export function numberOf(value: TreeValue | undefined): number | undefined {
  return typeof value === 'string' && value.startsWith(NUMBER_MARK) ? Number(value.slice(1)) : undefined
}

/** A number for a tree. */
export function numberNode(value: number): string {
  return `${NUMBER_MARK}${value}`
}

function isList(value: TreeValue | undefined): value is readonly TreeValue[] {
  return Array.isArray(value)
}

const TEXT_OR_NUMBER = /"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*/g

function parseTree(json: string): Tree {
  const marked = json.replace(TEXT_OR_NUMBER, (token) => (token.startsWith('"') ? token : `"\\u0000${token}"`))
  return JSON.parse(marked) as Tree
}

function printTree(tree: Tree): string {
  return JSON.stringify(tree).replace(/"\\u0000(-?\d[\d.eE+-]*)"/g, '$1')
}

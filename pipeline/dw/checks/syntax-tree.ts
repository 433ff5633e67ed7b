import type { Engine } from '../../../core/engine.ts'
import { DroplakeError } from '../../../core/errors.ts'
import { literal, sql } from '../../../core/sql.ts'

/** A node of the syntax tree that DuckDB makes of SQL; an expression has a `class`. Numbers are kept as they are written. */
export interface SyntaxNode {
  readonly [key: string]: SyntaxValue
}
export type SyntaxValue = string | boolean | null | ExactNumber | SyntaxNode | readonly SyntaxValue[]

/** A number of JSON that JavaScript might round: `{ "#": "9007199254740993" }`. */
interface ExactNumber {
  readonly '#': string
}

export type Parsed = { readonly node: SyntaxNode } | { readonly fault: string }

/** The syntax tree of one statement, which is not run. @returns `fault`, DuckDB's words, when it is no SELECT */
export async function parseSelect(engine: Engine, statement: string): Promise<Parsed> {
  const { tree } = await engine.row<{ tree: string }>(sql`select json_serialize_sql(${literal(statement)}) as tree`)
  const result = readExact(tree)
  if (result === undefined) return { fault: 'a number is too large' }
  if (result.error === true) return { fault: String(result.error_message) }
  const [first, ...others] = result.statements as readonly SyntaxNode[]
  if (first === undefined || others.length > 0) return { fault: 'expected one expression' }
  return { node: first.node as SyntaxNode }
}

/** The SQL of a syntax tree. */
export async function printSelect(engine: Engine, node: SyntaxNode): Promise<string> {
  const tree = writeExact({ error: false, statements: [{ node, named_param_map: [] }] })
  const { statement } = await engine.row<{ statement: string | null }>(
    sql`select json_deserialize_sql(${literal(tree)}::json) as statement`,
  )
  if (statement === null) throw new DroplakeError('INTERNAL', 'a syntax tree of a check gives no SQL')
  return statement
}

/** A tree without the places in the text that it was read from: two texts that mean the same have the same. */
export function withoutPlaces(node: SyntaxNode): string {
  return JSON.stringify(node, (key, value) => (key === 'query_location' ? undefined : value))
}

const STRING_OR_NUMBER = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?/g

/** @returns undefined for what is no JSON: DuckDB writes `1e400` as `Infinity` */
function readExact(json: string): SyntaxNode | undefined {
  const quoted = json.replace(STRING_OR_NUMBER, (token) => (token.startsWith('"') ? token : `{"#":"${token}"}`))
  try {
    return JSON.parse(quoted)
  } catch {
    return undefined
  }
}

function writeExact(node: SyntaxNode): string {
  // In a string the quotes would have a backslash before them.
  return JSON.stringify(node).replace(/\{"#":"([^"]*)"\}/g, '$1')
}

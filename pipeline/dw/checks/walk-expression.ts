import { didYouMean } from '../../../core/config/nearest-name.ts'
import { ALLOWED_CALLS, ALLOWED_EXPRESSIONS, ALLOWED_OPERATORS, ALLOWED_TYPES } from './allowed.ts'
import type { SyntaxNode, SyntaxValue } from './syntax-tree.ts'

/** The one parameter that a check may use. */
const RUN_STARTED_AT = 'run_started_at'

export interface Names {
  /** Columns of the table, as the contract writes them. */
  readonly columns: readonly string[]
  /** What a column is called in the SQL that comes out. */
  readonly nameOf: (column: string) => string
  /** What stands for `$run_started_at`. */
  readonly runStartedAt: SyntaxNode
}

/** Why an expression may not be used; its words follow the expression: `a subquery is not allowed`. */
export class ExpressionFault extends Error {}

/**
 * An expression with the columns of its table by other names, when every part of it is among those that are allowed.
 *
 * @throws {ExpressionFault}
 */
export function renameColumns(expression: SyntaxNode, names: Names): SyntaxNode {
  return walk(expression, names, 0) as SyntaxNode
}

/** Parts within parts; a condition that people have written has far fewer. */
const MOST_DEPTH = 400

function walk(value: SyntaxValue, names: Names, depth: number): SyntaxValue {
  if (depth > MOST_DEPTH) throw new ExpressionFault('it is nested too deeply.')
  if (Array.isArray(value)) return value.map((one: SyntaxValue) => walk(one, names, depth + 1))
  if (typeof value !== 'object' || value === null) return value
  const node = value as SyntaxNode
  if (typeof node.class !== 'string') return walkParts(node, names, depth)
  checkExpression(node, node.class)
  switch (node.class) {
    case 'COLUMN_REF':
      return { ...node, column_names: [names.nameOf(columnOf(node, names.columns))] }
    case 'PARAMETER':
      return runStartedAt(node, names)
    case 'CONSTANT':
      return constantOf(node)
    case 'CAST':
      checkType(node.cast_type as SyntaxNode)
      return { ...node, child: walk(node.child as SyntaxValue, names, depth + 1) }
    case 'FUNCTION':
      checkFunction(node)
      return walkParts(node, names, depth)
    default:
      return walkParts(node, names, depth)
  }
}

function walkParts(node: SyntaxNode, names: Names, depth: number): SyntaxNode {
  return Object.fromEntries(Object.entries(node).map(([key, part]) => [key, walk(part, names, depth + 1)]))
}

/** A constant; `1e3` as a cast of its text, since DuckDB writes it as `1000.0`, which it reads as a decimal (seen on 1.5.6). */
function constantOf(node: SyntaxNode): SyntaxNode {
  const { type, value } = node.value as SyntaxNode
  if ((type as SyntaxNode).id !== 'DOUBLE' || value === undefined) return node
  const text = { type: { id: 'VARCHAR', type_info: null }, is_null: false, value: (value as { '#': string })['#'] }
  const child = { ...node, value: text }
  return {
    class: 'CAST',
    type: 'OPERATOR_CAST',
    alias: '',
    child,
    cast_type: type as SyntaxNode,
    try_cast: false,
  }
}

/** Words for what people may try; anything else is told by its name in the syntax tree. */
const IN_WORDS: Record<string, string> = {
  SUBQUERY: 'a subquery',
  WINDOW: 'a window function',
  LAMBDA: 'a lambda',
  STAR: '*',
  COLLATE: 'collate',
  DEFAULT: 'default',
  POSITIONAL_REFERENCE: 'the number of a column',
}

function checkExpression(node: SyntaxNode, kind: string): void {
  const isAllowed = kind === 'OPERATOR' ? ALLOWED_OPERATORS.has(String(node.type)) : ALLOWED_EXPRESSIONS.has(kind)
  if (!isAllowed) throw notAllowed(IN_WORDS[kind] ?? String(node.type))
  if (node.alias !== '' && node.alias !== undefined) throw notAllowed(`the name "${node.alias}" for a part`)
}

function columnOf(node: SyntaxNode, columns: readonly string[]): string {
  const written = (node.column_names as readonly string[]).join('.')
  // SQL names know no upper and lower case.
  const column = columns.find((name) => name.toLowerCase() === written.toLowerCase())
  if (column !== undefined) return column
  throw new ExpressionFault(`the table has no column "${written}".${didYouMean(written, columns)}`)
}

function runStartedAt(node: SyntaxNode, names: Names): SyntaxNode {
  if (node.identifier === RUN_STARTED_AT) return names.runStartedAt
  throw new ExpressionFault(`there is no parameter "${node.identifier}"; the one there is, is $${RUN_STARTED_AT}.`)
}

function checkType(type: SyntaxNode): void {
  const info = type.type_info as SyntaxNode | null
  const name = type.id === 'UNBOUND' ? String(info?.name) : String(type.id)
  const isJson = type.id === 'UNBOUND' && name.toLowerCase() === 'json' && info?.schema === '' && info.catalog === ''
  if (!isJson && !ALLOWED_TYPES.has(String(type.id))) throw notAllowed(`a cast to ${name}`)
}

/** Functions whose result changes from one moment to the next, for which there is something else. */
const CLOCKS = ['now', 'today', 'current_date', 'current_timestamp', 'get_current_timestamp', 'current_localtimestamp']

function checkFunction(node: SyntaxNode): void {
  const name = String(node.function_name)
  if (CLOCKS.includes(name)) throw new ExpressionFault(`the function ${name} is not allowed; use $${RUN_STARTED_AT}.`)
  const isBuiltIn = (node.schema === '' || node.schema === 'main') && node.catalog === ''
  const orders = (node.order_bys as SyntaxNode | null)?.orders
  const isPlain = node.filter === null && node.distinct === false && Array.isArray(orders) && orders.length === 0
  if (!isBuiltIn || !isPlain || !ALLOWED_CALLS.has(name))
    throw notAllowed(`the function ${name}`, didYouMean(name, ALLOWED_CALLS))
}

function notAllowed(what: string, hint = ''): ExpressionFault {
  return new ExpressionFault(`${what} is not allowed; a check reads its own row and nothing else.${hint}`)
}

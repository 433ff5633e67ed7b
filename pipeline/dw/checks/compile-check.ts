import { sqlTypeOf } from '../../../core/config/column-types.ts'
import type { CheckConfig } from '../../../core/config/rule-schema.ts'
import type { TableConfig } from '../../../core/config/schema.ts'
import type { Engine } from '../../../core/engine.ts'
import { DroplakeError } from '../../../core/errors.ts'
import { ident, join, raw, type Sql, sql } from '../../../core/sql.ts'
import { guardCondition } from './guard-expression.ts'
import { parseSelect, printSelect, type SyntaxNode, withoutPlaces } from './syntax-tree.ts'
import { ExpressionFault, renameColumns } from './walk-expression.ts'

/** A check whose expression was read, found to be harmless, and written anew from its syntax tree. */
export interface CompiledCheck {
  readonly name: string
  readonly message: string
  /** Over `_typed_<column>`: true for the rows that break the check; never NULL, and it does not fail. */
  readonly broken: Sql
}

/**
 * Read the expression of a check. What becomes SQL is not its text but what DuckDB's parser made of it, each part held against
 * a list of what is allowed (allowed.ts): comments are gone, and nothing can follow that the parser has not seen.
 *
 * @param startedAt what `$run_started_at` stands for
 * @returns `fault` when it may not be used, or DuckDB cannot
 */
export async function compileCheck(
  engine: Engine,
  table: TableConfig,
  { name, expression, message }: CheckConfig,
  startedAt: Date,
): Promise<CompiledCheck | { readonly fault: string }> {
  // The line's end closes a comment.
  const parsed = await parseSelect(engine, `select (${expression}\n)`)
  if ('fault' in parsed) return { fault: `${parsed.fault}.${await keywordHint(engine, table, expression)}` }
  const { node } = parsed
  const columns = Object.keys(table.columns)
  try {
    const tree = expressionOf(node)
    const runStartedAt = await momentOf(engine, startedAt)
    const print = (part: SyntaxNode) => printExpression(engine, node, part)
    const named = (nameOf: (column: string) => string) => renameColumns(tree, { columns, nameOf, runStartedAt })
    const fault = await bindingFault(engine, table, await print(named((column) => column)))
    if (fault !== undefined) return { fault }
    return {
      name,
      message,
      broken: raw(
        await guardCondition(
          named((column) => `_typed_${column}`),
          print,
        ),
      ),
    }
  } catch (error) {
    if (error instanceof ExpressionFault) return { fault: error.message }
    throw error
  }
}

/** For an expression that is no SQL: columns in it that are words of SQL, too, and not in quotes. */
async function keywordHint(engine: Engine, table: TableConfig, expression: string): Promise<string> {
  const keywords = await engine.rows<{ keyword: string }>(
    sql`select keyword_name as keyword from duckdb_keywords() where keyword_category <> 'unreserved'`,
  )
  const isKeyword = new Set(keywords.map(({ keyword }) => keyword))
  const words: readonly string[] = expression.toLowerCase().match(/(?<!")\b\w+\b(?!")/g) ?? []
  const named = Object.keys(table.columns).filter(
    (name) => isKeyword.has(name.toLowerCase()) && words.includes(name.toLowerCase()),
  )
  return named.length === 0
    ? ''
    : ` A column whose name is a word of SQL is written in quotes: "${named.join('", "')}".`
}

/** The expression of `select (…)`, when the SELECT has nothing else. */
function expressionOf(node: SyntaxNode): SyntaxNode {
  const {
    select_list: list,
    type,
    from_table: from,
    where_clause,
    group_expressions,
    having,
    qualify,
    modifiers,
  } = node
  const [expression, ...others] = Array.isArray(list) ? (list as readonly SyntaxNode[]) : []
  const isAlone =
    type === 'SELECT_NODE' &&
    others.length === 0 &&
    (from as SyntaxNode | undefined)?.type === 'EMPTY' &&
    [where_clause, having, qualify].every((clause) => clause === null) &&
    [group_expressions, modifiers].every((clauses) => Array.isArray(clauses) && clauses.length === 0)
  if (isAlone && expression !== undefined) return expression
  throw new ExpressionFault('expected one expression and nothing after it.')
}

async function momentOf(engine: Engine, moment: Date): Promise<SyntaxNode> {
  const parsed = await parseSelect(engine, `select timestamp '${moment.toISOString().slice(0, -1).replace('T', ' ')}'`)
  if ('fault' in parsed) throw new DroplakeError('INTERNAL', `a moment is no SQL: ${parsed.fault}`)
  return expressionOf(parsed.node)
}

/** The SQL of an expression in the place of another, parsed again to see that it says the same. */
async function printExpression(engine: Engine, statement: SyntaxNode, expression: SyntaxNode): Promise<string> {
  const node = { ...statement, select_list: [expression] }
  const text = `(${(await printSelect(engine, node)).slice('SELECT '.length)})`
  const again = await parseSelect(engine, `select ${text}`)
  if ('node' in again && withoutPlaces(again.node) === withoutPlaces(node)) return text
  throw new ExpressionFault(`DuckDB would read it as ${text}; write it in another way.`)
}

/** Hold the expression against a row of the table's types. */
async function bindingFault(engine: Engine, table: TableConfig, expression: string): Promise<string | undefined> {
  const row = join(
    Object.entries(table.columns).map(([name, column]) => sql`null::${raw(sqlTypeOf(column))} as ${ident(name)}`),
    ', ',
  )
  try {
    const [column] = await engine
      .rows<{ column_type: string }>(
        sql`describe select try(coalesce(${raw(expression)}, true)), ${raw(expression)} as condition from (select ${row})`,
      )
      .then((columns) => columns.slice(1))
    if (column?.column_type === 'BOOLEAN') return undefined
    return `it gives ${column?.column_type}; expected a condition, true or false.`
  } catch (error) {
    if (!(error instanceof DroplakeError) || error.code !== 'ENGINE_FAILED') throw error
    return `${error.message.split('\n', 1)[0]?.replace(/^\w+ Error: /, '')}`
  }
}

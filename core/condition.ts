import type { Engine } from './engine.ts'
import { DroplakeError } from './errors.ts'
import { raw, type Sql } from './sql.ts'
import { parseSelects, piecesOf, printSelect, type Tree, textOf, treeOf, treesOf } from './syntax-tree.ts'

/** Kinds of expression that look beyond the row itself. */
const BEYOND_ROW: Readonly<Record<string, string>> = {
  SUBQUERY: 'a subquery',
  WINDOW: 'a window function',
  STAR: 'a *',
  PARAMETER: 'a parameter',
}

/**
 * A condition that a person wrote, such as `department = 'Sales' and q1 > 2`, as SQL that can stand in a WHERE. What is
 * used is not their text, but what DuckDB's parser understood: exactly one expression, which sees its own row and nothing else.
 *
 * @throws {DroplakeError} QUERY_REFUSED when it is anything else
 */
export async function readCondition(engine: Engine, text: string): Promise<Sql> {
  const statements = await parseSelects(engine, `select\n${text}\n`)
  if (typeof statements === 'string') throw refused(text, statements)
  const [statement, second] = statements
  if (statement === undefined || second !== undefined || !isOneExpression(statement))
    throw refused(text, 'found more than one condition')
  for (const piece of piecesOf(statement.select_list)) {
    const beyond = BEYOND_ROW[textOf(piece.class)]
    if (beyond !== undefined) throw refused(text, `it has ${beyond}`)
  }
  const printed = await printSelect(engine, statement)
  return raw(`(${printed.replace(/^SELECT /, '')})`)
}

/** `select <expression>`, and nothing behind it. */
function isOneExpression(node: Tree): boolean {
  const isPlain =
    textOf(node.type) === 'SELECT_NODE' &&
    textOf(treeOf(node.from_table).type) === 'EMPTY' &&
    treesOf(node.modifiers).length === 0 &&
    treesOf(node.group_expressions).length === 0 &&
    textOf(node.aggregate_handling) === 'STANDARD_HANDLING' &&
    [node.where_clause, node.having, node.qualify, node.sample].every((part) => part == null)
  const items = treesOf(node.select_list)
  return isPlain && items.length === 1 && textOf(items[0]?.alias) === ''
}

function refused(text: string, found: string): DroplakeError {
  return new DroplakeError('QUERY_REFUSED', `the condition "${text}" cannot be used: ${found}`, {
    hint: 'Write one SQL condition over the columns of the row, such as: "department = \'Sales\' and q1 > 2"',
  })
}

import { piecesOf, type Tree, textOf, treesOf } from '../../core/syntax-tree.ts'
import { isSubquery } from './select-items.ts'

/** The SELECT cannot be rewritten. `message` follows "it has". */
export class NotTraceable extends Error {}

/** @throws {NotTraceable} when a SELECT has what no rows behind can be told for */
export function refuseSelect(node: Tree): void {
  const type = textOf(node.type)
  if (treesOf(node.modifiers).some(isLimit)) throw new NotTraceable('a LIMIT in a subquery')
  if (type === 'SET_OPERATION_NODE' && textOf(node.setop_type) === 'UNION') return
  if (type !== 'SELECT_NODE')
    throw new NotTraceable(type === 'RECURSIVE_CTE_NODE' ? 'a recursive query' : 'an EXCEPT or INTERSECT')
  if (node.qualify !== null || [...piecesOf(node.select_list, isSubquery)].some((piece) => piece.class === 'WINDOW'))
    throw new NotTraceable('a window function')
  if (node.sample !== null) throw new NotTraceable('a sample')
  const sets = node.group_sets
  if (Array.isArray(sets) && sets.length > 1) throw new NotTraceable('several grouping sets')
  for (const modifier of treesOf(node.modifiers)) {
    if (treesOf(modifier.distinct_on_targets).length > 0) throw new NotTraceable('a DISTINCT ON')
  }
}

/** Whether a modifier of a SELECT leaves rows out as a whole. */
export function isLimit(modifier: Tree): boolean {
  return textOf(modifier.type).startsWith('LIMIT')
}

// What makes the groups of a SELECT.
import { numberOf, piecesOf, type Tree, textOf, textsOf, treeOf, treesOf } from '../../core/syntax-tree.ts'
import { isAggregate, isSubquery, outputName } from './select-items.ts'

/** Whether a row of a SELECT stands for a group of rows. @param aggregates names of functions that aggregate */
export function isGrouped(node: Tree, aggregates: ReadonlySet<string>): boolean {
  return (
    treesOf(node.group_expressions).length > 0 ||
    textOf(node.aggregate_handling) === 'FORCE_AGGREGATES' ||
    node.having !== null ||
    treesOf(node.select_list).some((item) => hasAggregate(item, aggregates))
  )
}

/** The expressions whose values make a group; `group by 2` and `group by all` spelled out. */
export function keysOf(node: Tree, items: readonly Tree[], aggregates: ReadonlySet<string>): Tree[] {
  if (textOf(node.aggregate_handling) === 'FORCE_AGGREGATES')
    return items.filter((item) => !hasAggregate(item, aggregates))
  return treesOf(node.group_expressions).map((key) => {
    const position = textOf(key.class) === 'CONSTANT' ? numberOf(treeOf(key.value).value) : undefined
    return position === undefined ? key : treeOf(items[position - 1])
  })
}

/** Items that keys name by their alias: `select year(day) as y … group by y`. A column of that name would come first, here as there. */
export function aliasesIn(keys: readonly Tree[], items: readonly Tree[]): Tree[] {
  const names = new Set(keys.map((key) => textsOf(key.column_names)).flatMap((key) => (key.length === 1 ? key : [])))
  return items.filter((item) => textOf(item.alias) !== '' && names.has(outputName(item) ?? ''))
}

function hasAggregate(item: Tree, aggregates: ReadonlySet<string>): boolean {
  return [...piecesOf(item, isSubquery)].some((piece) => isAggregate(piece, aggregates))
}

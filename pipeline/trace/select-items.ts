// The items of a SELECT: what they are called, what they are made of, and which rows an aggregate among them takes in.
import { piecesOf, type Tree, textOf, textsOf, treeOf, treesOf } from '../../core/syntax-tree.ts'
import { allOf, anyOf, compare, isNotNull, number } from './tree-parts.ts'

/** The name of an item's column; undefined where DuckDB makes one up, and for a `*`. */
export function outputName(item: Tree): string | undefined {
  return textOf(item.alias) || textsOf(item.column_names).at(-1)
}

/** Those of the items that have these names, and those that they name in turn: `select q1 + q2 as half`. */
export function itemsFor(items: readonly Tree[], names: readonly string[]): Tree[] {
  const found = new Set<Tree>()
  const open = [...names]
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    const wanted = name.toLowerCase()
    for (const item of items) {
      if (outputName(item)?.toLowerCase() !== wanted || found.has(item)) continue
      found.add(item)
      open.push(...columnNames(item))
    }
  }
  return [...found]
}

/**
 * The columns that items are made of; where there is no item, as below a `*`, the names themselves. Null when the items
 * name none: then nothing is left out below.
 */
export function namesIn(items: readonly Tree[], wanted: readonly string[]): readonly string[] | null {
  const names = items.length === 0 ? wanted : items.flatMap(columnNames)
  return names.length === 0 ? null : names
}

export function isAggregate(piece: Tree, aggregates: ReadonlySet<string>): boolean {
  return textOf(piece.class) === 'FUNCTION' && aggregates.has(textOf(piece.function_name).toLowerCase())
}

/**
 * The condition for a row to have a part in one of these items: that its FILTER lets it pass and that its argument has a
 * value, for a sum one that is not 0.
 *
 * @returns null when an item is no aggregate: every row of the group has a part in it
 */
export function contributes(items: readonly Tree[], aggregates: ReadonlySet<string>): Tree | null {
  const calls = items.flatMap((item) => [...piecesOf(item)].filter((piece) => isAggregate(piece, aggregates)))
  return calls.length === 0 ? null : anyOf(calls.map(takesIn))
}

function takesIn(call: Tree): Tree {
  const filter = call.filter == null ? [] : [treeOf(call.filter)]
  const [argument] = treesOf(call.children)
  if (argument === undefined || textOf(argument.class) === 'STAR') return allOf(filter)
  const isSum = ['sum', 'fsum', 'sum_no_overflow', 'count_if', 'countif'].includes(
    textOf(call.function_name).toLowerCase(),
  )
  const conditions = [...filter, isNotNull(argument)]
  return allOf(isSum ? [...conditions, compare('COMPARE_NOTEQUAL', argument, number(0))] : conditions)
}

function columnNames(item: Tree): string[] {
  return [...piecesOf(item)].flatMap((piece) => textsOf(piece.column_names).at(-1) ?? [])
}

/** Where looking for what belongs to an item itself ends. */
export function isSubquery(piece: Tree): boolean {
  return textOf(piece.class) === 'SUBQUERY'
}

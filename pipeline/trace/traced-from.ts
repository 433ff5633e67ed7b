// The FROM of a SELECT, and the rows of DW that are in it.
import { type Tree, textOf, textsOf } from '../../core/syntax-tree.ts'
import { column, named } from './tree-parts.ts'

/** A table of DW somewhere in the query, and the columns of the result that say which of its rows it was. */
export interface Source {
  readonly tableName: string
  readonly fileId: string
  readonly line: string
}

export interface SourceInFrom extends Source {
  /** The name of the table or subquery that has it, as the query's other parts know it. */
  readonly relation: string
  /** The subquery has it as a column under its own name already. */
  readonly isDerived: boolean
}

/** A FROM, or a part of it, and the sources that its rows have. */
export interface TracedFrom {
  readonly table: Tree
  readonly sources: readonly SourceInFrom[]
}

/** What has no rows of DW, such as a list of values or what only filters. */
export function untraced(table: Tree): TracedFrom {
  return { table, sources: [] }
}

/** A subquery that gives its sources as columns of its own. */
export function derived(table: Tree, sources: readonly Source[]): TracedFrom {
  const relation = textOf(table.alias)
  return { table, sources: sources.map((source) => ({ ...source, relation, isDerived: true })) }
}

/** The sources as the query's result has them. */
export function namesOf({ sources }: TracedFrom): Source[] {
  return sources.map(({ tableName, fileId, line }) => ({ tableName, fileId, line }))
}

/** Items of a SELECT that give the sources under their names. */
export function sourceColumns(sources: readonly SourceInFrom[]): Tree[] {
  return sources.flatMap(({ relation, isDerived, fileId, line }) =>
    isDerived
      ? [column(fileId), column(line)]
      : [named(column(relation, '_file_id'), fileId), named(column(relation, '_line'), line)],
  )
}

/** A `*` takes along the sources of subqueries, which come as columns of their own. */
export function withoutSources(item: Tree, { sources }: TracedFrom): Tree {
  if (textOf(item.class) !== 'STAR' || item.columns === true) return item
  const relation = textOf(item.relation_name).toLowerCase()
  const within = sources.filter(
    (source) => source.isDerived && (relation === '' || source.relation.toLowerCase() === relation),
  )
  return { ...item, exclude_list: [...textsOf(item.exclude_list), ...namesOfColumns(within)] }
}

/** The columns that say which rows the sources are. */
export function namesOfColumns(sources: readonly Source[]): string[] {
  return sources.flatMap(({ fileId, line }) => [fileId, line])
}

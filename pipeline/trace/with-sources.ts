// A SELECT with, beside each of its rows, the rows of DW that it was made of: `_file_id` and `_line` of each table in its FROM, and one row
// per combination of them. Groups are joined with their members again, as provenance systems do it (B. Glavic, G. Alonso,
// "Perm: Processing Provenance and Data on the same Data Model through Query Rewriting", ICDE 2009). What a condition compares with, in a
// subquery of a WHERE, is no part of a row.
import {
  numberOf,
  piecesOf,
  type Tree,
  type TreeValue,
  textOf,
  textsOf,
  treeOf,
  treesOf,
} from '../../core/syntax-tree.ts'
import { contributes, isAggregate, itemsFor, namesIn, outputName } from './select-items.ts'
import { allOf, column, compare, leftJoin, missing, named, select, star, subquery } from './tree-parts.ts'

/** A table of DW somewhere in the query, and the columns of the result that say which of its rows it was. */
export interface Source {
  readonly tableName: string
  readonly fileId: string
  readonly line: string
}

export interface TracedSelect {
  readonly node: Tree
  readonly sources: readonly Source[]
}

/** What the names in a query mean. */
export interface Names {
  /** Tables of DW. */
  readonly tables: ReadonlySet<string>
  /** Trees of the marts, which marts may read. */
  readonly marts: ReadonlyMap<string, Tree>
  /** Functions that aggregate. */
  readonly aggregates: ReadonlySet<string>
}

/** The SELECT cannot be rewritten. `message` follows "it has". */
export class NotTraceable extends Error {}

/**
 * @param wanted columns of the result: of an aggregate among them, only the rows that it counted or added up; null for all
 * @throws {NotTraceable}
 */
export function withSources(node: Tree, names: Names, wanted: readonly string[] | null): TracedSelect {
  // A LIMIT at the end leaves rows out as a whole: those that the mart has are known.
  return new Rewriting(names).rewrite(withoutLimit(node), new Map(), wanted)
}

/** A WITH query, and the ones that it may name itself. */
interface WithQuery {
  readonly node: Tree
  readonly columnNames: TreeValue
  readonly scope: Scope
}

type Scope = ReadonlyMap<string, WithQuery>

/** One query's rewriting: numbers its sources, so that no two columns have one name. */
class Rewriting {
  readonly #names: Names
  #numbers = 0

  constructor(names: Names) {
    this.#names = names
  }

  rewrite(node: Tree, outer: Scope, wanted: readonly string[] | null): TracedSelect {
    refuseUnknown(node)
    const scope = scopeOf(node, outer)
    if (textOf(node.type) === 'SET_OPERATION_NODE') return this.#union(node, scope, wanted)
    return isGrouped(node, this.#names) ? this.#grouped(node, scope, wanted) : this.#plain(node, scope, wanted)
  }

  #plain(node: Tree, scope: Scope, wanted: readonly string[] | null): TracedSelect {
    const items = treesOf(node.select_list)
    const below = wanted === null ? null : namesIn(itemsFor(items, wanted), wanted)
    const from = this.#from(treeOf(node.from_table), scope, below)
    const list = [...items.map((item) => withoutSources(item, from)), ...sourceColumns(from.sources)]
    return { node: { ...node, modifiers: [], from_table: from.table, select_list: list }, sources: namesOf(from) }
  }

  #grouped(node: Tree, scope: Scope, wanted: readonly string[] | null): TracedSelect {
    const items = treesOf(node.select_list)
    const wantedItems = wanted === null ? [] : itemsFor(items, wanted)
    const contributing = contributes(wantedItems, this.#names.aggregates)
    const below = contributing === null ? null : namesIn(wantedItems, wanted ?? [])
    const from = this.#from(treeOf(node.from_table), scope, below)

    const number = ++this.#numbers
    const keys = keysOf(node, items, this.#names.aggregates).map((key, index) => named(key, `_key_${number}_${index}`))
    const keyNames = keys.map((key) => textOf(key.alias))
    const [groups, members] = [`_groups_${number}`, `_members_${number}`]
    const conditions = [node.where_clause, contributing].filter((part) => part != null).map((part) => treeOf(part))
    const memberNode = select({
      cte_map: node.cte_map ?? null,
      from_table: from.table,
      where_clause: conditions.length === 0 ? null : allOf(conditions),
      select_list: [...aliasesIn(keys, items), ...keys, ...sourceColumns(from.sources)],
    })
    const groupNode = { ...node, modifiers: [], select_list: [...items, ...keys] }
    const isSame = keyNames.map((key) =>
      compare('COMPARE_NOT_DISTINCT_FROM', column(groups, key), column(members, key)),
    )
    const sources = namesOf(from)
    return {
      node: select({
        select_list: [star(groups, keyNames), ...sources.flatMap(({ fileId, line }) => [column(fileId), column(line)])],
        from_table: leftJoin(subquery(groupNode, groups), subquery(memberNode, members), allOf(isSame)),
      }),
      sources,
    }
  }

  /** Each side has the sources of both, its own with values. */
  #union(node: Tree, scope: Scope, wanted: readonly string[] | null): TracedSelect {
    const [left, right] = [treeOf(node.left), treeOf(node.right)]
    const one = this.rewrite(left, scope, wanted)
    const other = this.rewrite(right, scope, wanted === null ? null : sameColumns(left, right, wanted))
    const side = (own: TracedSelect, before: readonly Source[], after: readonly Source[]) => {
      const relation = `_side_${++this.#numbers}`
      const names = namesOfColumns(own.sources)
      return select({
        select_list: [
          star(relation, names),
          ...namesOfColumns(before).map(missing),
          ...names.map((name) => column(relation, name)),
          ...namesOfColumns(after).map(missing),
        ],
        from_table: subquery(own.node, relation),
      })
    }
    return {
      node: {
        ...node,
        modifiers: [],
        left: side(one, [], other.sources),
        right: side(other, one.sources, []),
        setop_all: true,
      },
      sources: [...one.sources, ...other.sources],
    }
  }

  /** A table or a join of them, its subqueries rewritten, and the sources in it. */
  #from(table: Tree, scope: Scope, wanted: readonly string[] | null): TracedFrom {
    switch (textOf(table.type)) {
      case 'BASE_TABLE':
        return this.#baseTable(table, scope, wanted)
      case 'SUBQUERY': {
        const inner = this.rewrite(treeOf(treeOf(table.subquery).node), scope, wanted)
        return derived({ ...table, subquery: { node: inner.node, named_param_map: [] } }, inner.sources)
      }
      case 'JOIN': {
        const left = this.#from(treeOf(table.left), scope, wanted)
        const isFilter = ['SEMI', 'ANTI'].includes(textOf(table.join_type))
        const right = isFilter ? untraced(treeOf(table.right)) : this.#from(treeOf(table.right), scope, wanted)
        return {
          table: { ...table, left: left.table, right: right.table },
          sources: [...left.sources, ...right.sources],
        }
      }
      case 'PIVOT':
        throw new NotTraceable('a PIVOT')
      default:
        return untraced(table)
    }
  }

  #baseTable(table: Tree, scope: Scope, wanted: readonly string[] | null): TracedFrom {
    const [schema, name] = [textOf(table.schema_name).toLowerCase(), textOf(table.table_name).toLowerCase()]
    const relation = textOf(table.alias) || textOf(table.table_name)
    const query = schema === '' ? scope.get(name) : undefined
    const mart = schema === 'app' ? this.#names.marts.get(name) : undefined
    if (query !== undefined || mart !== undefined) {
      const inner = this.rewrite(query?.node ?? treeOf(mart), query?.scope ?? new Map(), wanted)
      const own = textsOf(table.column_name_alias)
      return derived(subquery(inner.node, relation, own.length > 0 ? own : (query?.columnNames ?? [])), inner.sources)
    }
    if (schema !== 'dw' || !this.#names.tables.has(name)) return untraced(table)
    const number = ++this.#numbers
    const source = { tableName: name, fileId: `_file_id_${number}`, line: `_line_${number}` }
    return { table, sources: [{ ...source, relation, isDerived: false }] }
  }
}

function namesOfColumns(sources: readonly Source[]): string[] {
  return sources.flatMap(({ fileId, line }) => [fileId, line])
}

/** The columns of the right side of a union that stand where those of the left side stand; null where that cannot be told. */
function sameColumns(left: Tree, right: Tree, names: readonly string[]): readonly string[] | null {
  const [ours, theirs] = [treesOf(left.select_list), treesOf(right.select_list)]
  if ([...ours, ...theirs].some((item) => textOf(item.class) === 'STAR')) return null
  const found = names.map((name) => ours.findIndex((item) => outputName(item)?.toLowerCase() === name.toLowerCase()))
  const same = found.map((place) => outputName(theirs[place] ?? {}))
  return same.every((name) => name !== undefined) ? same : null
}

function withoutLimit(node: Tree): Tree {
  return { ...node, modifiers: treesOf(node.modifiers).filter((modifier) => !isLimit(modifier)) }
}

function isLimit(modifier: Tree): boolean {
  return textOf(modifier.type).startsWith('LIMIT')
}

interface SourceInFrom extends Source {
  /** The name of the table or subquery that has it, as the query's other parts know it. */
  readonly relation: string
  /** The subquery has it as a column under its own name already. */
  readonly isDerived: boolean
}

interface TracedFrom {
  readonly table: Tree
  readonly sources: readonly SourceInFrom[]
}

function untraced(table: Tree): TracedFrom {
  return { table, sources: [] }
}

function derived(table: Tree, sources: readonly Source[]): TracedFrom {
  const relation = textOf(table.alias)
  return { table, sources: sources.map((source) => ({ ...source, relation, isDerived: true })) }
}

function namesOf({ sources }: TracedFrom): Source[] {
  return sources.map(({ tableName, fileId, line }) => ({ tableName, fileId, line }))
}

function sourceColumns(sources: readonly SourceInFrom[]): Tree[] {
  return sources.flatMap(({ relation, isDerived, fileId, line }) =>
    isDerived
      ? [column(fileId), column(line)]
      : [named(column(relation, '_file_id'), fileId), named(column(relation, '_line'), line)],
  )
}

/** A `*` takes along the sources of subqueries, which come as columns of their own. */
function withoutSources(item: Tree, { sources }: TracedFrom): Tree {
  if (textOf(item.class) !== 'STAR' || item.columns === true) return item
  const relation = textOf(item.relation_name).toLowerCase()
  const within = sources.filter(
    (source) => source.isDerived && (relation === '' || source.relation.toLowerCase() === relation),
  )
  const exclude = within.flatMap(({ fileId, line }) => [fileId, line])
  return { ...item, exclude_list: [...textsOf(item.exclude_list), ...exclude] }
}

function scopeOf(node: Tree, outer: Scope): Scope {
  const scope = new Map(outer)
  for (const entry of treesOf(treeOf(node.cte_map).map)) {
    const value = treeOf(entry.value)
    const query = treeOf(treeOf(value.query).node)
    scope.set(textOf(entry.key).toLowerCase(), {
      node: query,
      columnNames: value.aliases ?? [],
      scope: new Map(scope),
    })
  }
  return scope
}

function isGrouped(node: Tree, { aggregates }: Names): boolean {
  return (
    treesOf(node.group_expressions).length > 0 ||
    textOf(node.aggregate_handling) === 'FORCE_AGGREGATES' ||
    node.having !== null ||
    treesOf(node.select_list).some((item) => hasAggregate(item, aggregates))
  )
}

/** The expressions whose values make a group; `group by 2` and `group by all` spelled out. */
function keysOf(node: Tree, items: readonly Tree[], aggregates: Names['aggregates']): Tree[] {
  if (textOf(node.aggregate_handling) === 'FORCE_AGGREGATES')
    return items.filter((item) => !hasAggregate(item, aggregates))
  return treesOf(node.group_expressions).map((key) => {
    const position = textOf(key.class) === 'CONSTANT' ? numberOf(treeOf(key.value).value) : undefined
    return position === undefined ? key : treeOf(items[position - 1])
  })
}

/** Items that keys name by their alias: `select year(day) as y … group by y`. A column of that name would come first, here as there. */
function aliasesIn(keys: readonly Tree[], items: readonly Tree[]): Tree[] {
  const names = new Set(keys.map((key) => textsOf(key.column_names)).flatMap((key) => (key.length === 1 ? key : [])))
  return items.filter((item) => textOf(item.alias) !== '' && names.has(outputName(item) ?? ''))
}

function hasAggregate(item: Tree, aggregates: Names['aggregates']): boolean {
  return [...piecesOf(item, isSubquery)].some((piece) => isAggregate(piece, aggregates))
}

function isSubquery(piece: Tree): boolean {
  return textOf(piece.class) === 'SUBQUERY'
}

function refuseUnknown(node: Tree): void {
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

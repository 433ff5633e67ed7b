// A SELECT with, beside each of its rows, the rows of DW that it was made of: `_file_id` and `_line` of each table in its FROM, and one row
// per combination of them. Groups are joined with their members again, as provenance systems do it (B. Glavic, G. Alonso,
// "Perm: Processing Provenance and Data on the same Data Model through Query Rewriting", ICDE 2009). What a condition compares with, in a
// subquery of a WHERE, is no part of a row.
import { type Tree, type TreeValue, textOf, textsOf, treeOf, treesOf } from '../../core/syntax-tree.ts'
import { aliasesIn, isGrouped, keysOf } from './groups.ts'
import { isLimit, NotTraceable, refuseSelect } from './refuse-select.ts'
import { contributes, itemsFor, namesIn, outputName } from './select-items.ts'
import {
  derived,
  namesOf,
  namesOfColumns,
  type Source,
  sourceColumns,
  type TracedFrom,
  untraced,
  withoutSources,
} from './traced-from.ts'
import { allOf, column, compare, leftJoin, missing, named, select, star, subquery } from './tree-parts.ts'

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
    refuseSelect(node)
    const scope = scopeOf(node, outer)
    if (textOf(node.type) === 'SET_OPERATION_NODE') return this.#union(node, scope, wanted)
    return isGrouped(node, this.#names.aggregates)
      ? this.#grouped(node, scope, wanted)
      : this.#plain(node, scope, wanted)
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

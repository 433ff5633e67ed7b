// Pieces of syntax trees that a rewritten SELECT is put together from.
import { numberNode, type Tree, type TreeValue } from '../../core/syntax-tree.ts'

/** `select <nothing>`, to be filled in. */
const BARE_SELECT: Tree = {
  type: 'SELECT_NODE',
  modifiers: [],
  cte_map: { map: [] },
  select_list: [],
  from_table: { type: 'EMPTY', alias: '', sample: null },
  where_clause: null,
  group_expressions: [],
  group_sets: [],
  aggregate_handling: 'STANDARD_HANDLING',
  having: null,
  sample: null,
  qualify: null,
}

export function select(parts: Readonly<Record<string, TreeValue>>): Tree {
  return { ...BARE_SELECT, ...parts }
}

export function column(...names: readonly string[]): Tree {
  return { class: 'COLUMN_REF', type: 'COLUMN_REF', alias: '', column_names: names }
}

export function named(expression: Tree, alias: string): Tree {
  return { ...expression, alias }
}

/** `relation.* exclude (…)` */
export function star(relation: string, exclude: readonly string[]): Tree {
  return {
    class: 'STAR',
    type: 'STAR',
    alias: '',
    relation_name: relation,
    exclude_list: exclude,
    replace_list: [],
    columns: false,
    expr: null,
    qualified_exclude_list: [],
    rename_list: [],
  }
}

export function subquery(node: Tree, alias: string, columnNames: TreeValue = []): Tree {
  const query = { node, named_param_map: [] }
  return { type: 'SUBQUERY', alias, sample: null, subquery: query, column_name_alias: columnNames }
}

export function leftJoin(left: Tree, right: Tree, condition: Tree): Tree {
  return {
    ...{ type: 'JOIN', alias: '', sample: null, left, right, condition, join_type: 'LEFT', ref_type: 'REGULAR' },
    ...{ using_columns: [], delim_flipped: false, duplicate_eliminated_columns: [] },
  }
}

export function compare(type: string, left: Tree, right: Tree): Tree {
  return { class: 'COMPARISON', type, alias: '', left, right }
}

export function isNotNull(child: Tree): Tree {
  return { class: 'OPERATOR', type: 'OPERATOR_IS_NOT_NULL', alias: '', children: [child] }
}

/** All of these conditions; true where there is none. */
export function allOf(conditions: readonly Tree[]): Tree {
  return conjunction('CONJUNCTION_AND', conditions) ?? compare('COMPARE_EQUAL', number(1), number(1))
}

/** Any of these conditions; there must be one. */
export function anyOf(conditions: readonly Tree[]): Tree {
  return conjunction('CONJUNCTION_OR', conditions) ?? compare('COMPARE_EQUAL', number(1), number(0))
}

export function number(value: number): Tree {
  const integer = { type: { id: 'INTEGER', type_info: null }, is_null: false, value: numberNode(value) }
  return { class: 'CONSTANT', type: 'VALUE_CONSTANT', alias: '', value: integer }
}

export function missing(alias: string): Tree {
  const value = { type: { id: 'NULL', type_info: null }, is_null: true }
  return { class: 'CONSTANT', type: 'VALUE_CONSTANT', alias, value }
}

function conjunction(type: string, conditions: readonly Tree[]): Tree | undefined {
  return conditions.length < 2 ? conditions[0] : { class: 'CONJUNCTION', type, alias: '', children: conditions }
}

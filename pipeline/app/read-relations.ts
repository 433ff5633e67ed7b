import type { Engine } from '../../core/engine.ts'
import { isTree, parseSelects, piecesOf, type Tree, textOf, textsOf, treeOf, treesOf } from '../../core/syntax-tree.ts'

/** A table, view or file that SQL names; what is not written is empty. */
export interface Relation {
  readonly catalog: string
  readonly schema: string
  readonly name: string
}

/** What a SELECT depends on, as its text tells. */
export interface Relations {
  /** With a schema or catalog before their name, each once. */
  readonly qualified: readonly Relation[]
  /** Its rows depend on more: the time, chance, or files of its own. */
  readonly isFickle: boolean
  /** Names without a schema that are neither a CTE nor a file. */
  readonly bare: readonly string[]
  /** Table functions that read tables which the text does not name, such as `query_table`, or the engine itself. */
  readonly hidden: readonly string[]
}

/** Functions whose value is another one each time, and those that are written like a column. */
const FICKLE_FUNCTION =
  /^(now|today|get_current_time(stamp)?|transaction_timestamp|random|uuid\w*|gen_random_uuid|nextval|currval|getenv|current_setting|version)$/i
const FICKLE_WORD = /^(current_date|current_time|current_timestamp|localtime|localtimestamp)$/i

/** Table functions that read what no run knows: files, settings. The others make their rows of their arguments. */
const OWN_ROWS = /^(range|generate_series|unnest|json_each|json_tree|repeat|repeat_row|generate_subscripts)$/i

const HIDDEN = /^(query(_table)?|(duckdb|pragma)_\w+|show_tables\w*)$/i

/**
 * The tables that a SELECT reads, from the engine's own syntax tree: subqueries, set operations, PIVOT and all. Names in
 * comments and texts are none, nor is a CTE; one that has the name of a table hides only the unqualified name.
 *
 * @returns a sentence when the text is not one SELECT that the engine can describe
 */
export async function readRelations(engine: Engine, text: string): Promise<Relations | string> {
  const statements = await parseSelects(engine, text)
  if (typeof statements === 'string')
    return statements.startsWith('Only SELECT statements') ? 'found another statement; expected a SELECT' : statements
  const pieces = [...piecesOf(statements)]
  const relations = pieces.filter(({ type }) => type === 'BASE_TABLE').map(relationOf)
  const cteNames = new Set(pieces.flatMap(cteNamesOf))
  const tableFunctions = pieces
    .filter(({ type }) => type === 'TABLE_FUNCTION')
    .map((piece) => textOf(treeOf(piece.function).function_name))
  const isQualified = (relation: Relation) => relation.schema !== '' || relation.catalog !== ''
  const unknown = relations.filter((relation) => !isQualified(relation) && !cteNames.has(relation.name.toLowerCase()))
  // `from 'budget.csv'`; a name without any of these is a table of the engine, or none.
  const isFile = ({ name }: Relation) => /[./\\:]/.test(name)
  const qualified = relations.filter(isQualified).map((relation) => [JSON.stringify(relation), relation] as const)
  return {
    qualified: [...new Map(qualified).values()],
    isFickle: pieces.some(isFicklePiece) || unknown.some(isFile) || tableFunctions.some((name) => !OWN_ROWS.test(name)),
    bare: unknown.filter((relation) => !isFile(relation)).map(({ name }) => name),
    hidden: tableFunctions.filter((name) => HIDDEN.test(name)),
  }
}

function relationOf(piece: Tree): Relation {
  return { catalog: textOf(piece.catalog_name), schema: textOf(piece.schema_name), name: textOf(piece.table_name) }
}

/** `cte_map: { map: [{ key, value }] }`, of a piece with a WITH; lower case, as SQL does not tell them apart. */
function cteNamesOf(piece: Tree): string[] {
  const entries = isTree(piece.cte_map) ? treesOf(piece.cte_map.map) : []
  return entries.map(({ key }) => textOf(key).toLowerCase())
}

function isFicklePiece(piece: Tree): boolean {
  if (isTree(piece.sample)) return true
  if (piece.type === 'FUNCTION') return FICKLE_FUNCTION.test(textOf(piece.function_name))
  const names = piece.type === 'COLUMN_REF' ? textsOf(piece.column_names) : []
  return names.length === 1 && FICKLE_WORD.test(names[0] ?? '')
}

import type { Engine } from '../../core/engine.ts'
import { DroplakeError } from '../../core/errors.ts'
import { sql } from '../../core/sql.ts'

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
  /** Table functions that read tables which the text does not name, such as `query_table`. */
  readonly hidden: readonly string[]
}

/** Functions whose value is another one each time, and those that are written like a column. */
const FICKLE_FUNCTION =
  /^(now|today|get_current_time(stamp)?|transaction_timestamp|random|uuid\w*|gen_random_uuid|nextval|currval|getenv|current_setting|version)$/i
const FICKLE_WORD = /^(current_date|current_time|current_timestamp|localtime|localtimestamp)$/i

/** Table functions that read what no run knows: files, settings. The others make their rows of their arguments. */
const OWN_ROWS = /^(range|generate_series|unnest|json_each|json_tree|repeat|repeat_row|generate_subscripts)$/i

const HIDDEN = /^query(_table)?$/i

/**
 * The tables that a SELECT reads, from the engine's own syntax tree: subqueries, set operations, PIVOT and all. Names in
 * comments and texts are none, nor is a CTE; one that has the name of a table hides only the unqualified name.
 *
 * @throws {DroplakeError} ENGINE_FAILED when the text is not one SELECT that the engine can describe
 */
export async function readRelations(engine: Engine, text: string): Promise<Relations> {
  const { tree } = await engine.row<{ tree: string }>(
    sql`select json_serialize_sql(${text}::varchar, skip_null := true, skip_empty := true, skip_default := true) as tree`,
  )
  const parsed = JSON.parse(tree) as { error: boolean; error_message?: string }
  if (parsed.error) {
    const isOther = parsed.error_message?.startsWith('Only SELECT statements') ?? false
    const found = isOther
      ? 'found another statement; expected a SELECT'
      : (parsed.error_message ?? 'it cannot be parsed')
    throw new DroplakeError('ENGINE_FAILED', found)
  }
  const found: Found = { relations: [], cteNames: new Set(), tableFunctions: [], isFickle: false }
  visit(parsed, found)
  return relationsOf(found)
}

interface Found {
  readonly relations: Relation[]
  readonly cteNames: Set<string>
  readonly tableFunctions: string[]
  isFickle: boolean
}

/** A node of the tree; which keys it has depends on `type`. */
type Node = Readonly<Record<string, unknown>>

function visit(value: unknown, found: Found): void {
  if (typeof value !== 'object' || value === null) return
  if (!Array.isArray(value)) note(value as Node, found)
  for (const child of Object.values(value)) visit(child, found)
}

function note(node: Node, found: Found): void {
  const text = (key: string) => (typeof node[key] === 'string' ? node[key] : '')
  if ('sample' in node) found.isFickle = true
  for (const { key } of cteEntries(node)) found.cteNames.add(key.toLowerCase())
  switch (node.type) {
    case 'BASE_TABLE':
      found.relations.push({ catalog: text('catalog_name'), schema: text('schema_name'), name: text('table_name') })
      break
    case 'TABLE_FUNCTION':
      found.tableFunctions.push(String((node.function as Node).function_name))
      break
    case 'FUNCTION':
      found.isFickle ||= FICKLE_FUNCTION.test(text('function_name'))
      break
    case 'COLUMN_REF':
      found.isFickle ||= isFickleWord(node.column_names)
  }
}

/** `cte_map: { map: [{ key, value }] }`, of a node with a WITH. */
function cteEntries(node: Node): readonly { readonly key: string }[] {
  const { map } = (node.cte_map ?? {}) as { map?: readonly { key: string }[] }
  return map ?? []
}

function isFickleWord(columnNames: unknown): boolean {
  return Array.isArray(columnNames) && columnNames.length === 1 && FICKLE_WORD.test(String(columnNames[0]))
}

function relationsOf({ relations, cteNames, tableFunctions, isFickle }: Found): Relations {
  const isQualified = (relation: Relation) => relation.schema !== '' || relation.catalog !== ''
  const qualified = new Map(relations.filter(isQualified).map((relation) => [JSON.stringify(relation), relation]))
  // An unqualified name that is no CTE is a file: `from 'budget.csv'`.
  const isFile = (relation: Relation) => !isQualified(relation) && !cteNames.has(relation.name.toLowerCase())
  return {
    qualified: [...qualified.values()],
    isFickle: isFickle || relations.some(isFile) || tableFunctions.some((name) => !OWN_ROWS.test(name)),
    hidden: tableFunctions.filter((name) => HIDDEN.test(name)),
  }
}

import { severityOf } from '../../../core/config/rule-ids.ts'
import type { ReferenceConfig } from '../../../core/config/schema.ts'
import type { Engine } from '../../../core/engine.ts'
import { ident, join, literal, type Sql, sql } from '../../../core/sql.ts'
import { allGiven, keyNames } from '../../dw/index.ts'
import { type ContractRuns, isInRuns, type LakeTable, rowsOf } from './lake-tables.ts'
import { addViolations } from './violations.ts'

/** Find the rows that refer to a row which is not there, by the references of the contract that they were loaded under. */
export async function findMissingReferences(
  engine: Engine,
  lakeTable: LakeTable,
  tables: readonly LakeTable[],
): Promise<void> {
  if (lakeTable.allowsOrphans) return
  for (const { contract, runs } of lakeTable.contracts) {
    for (const reference of contract.references) {
      const id = `reference:${reference.columns.join(',')}`
      if (severityOf(contract, id) !== 'warn') await findMissing(engine, lakeTable, runs, reference, tables)
    }
  }
}

async function findMissing(
  engine: Engine,
  lakeTable: LakeTable,
  runs: ContractRuns['runs'],
  { columns, table: parentName }: ReferenceConfig,
  tables: readonly LakeTable[],
): Promise<void> {
  const parent = tables.find(({ tableName }) => tableName === parentName)
  // A table, a column or a key that has left the config since cannot be compared with.
  if (parent === undefined || parent.table.primaryKey.length !== columns.length) return
  if (!columns.every((column) => Object.hasOwn(lakeTable.table.columns, column))) return
  const rows = sql`select * from (${rowsOf(lakeTable)}) where (${isInRuns(runs)}) and ${allGiven(columns)}`
  const values = join(
    columns.map((column) => sql`${literal(`${column} "`)} || left(${ident(column)}::varchar, 80) || '"'`),
    " || ', ' || ",
  )
  await addViolations(
    engine,
    lakeTable,
    sql`
      select *, ${literal(`reference:${columns.join(',')}`)} as _rule, ${values} || ${literal(` is not in ${parentName}`)} as _reason
      from (${rows}) as _child
      anti join (${parentKeys(parent)}) as _parent on ${sameValues(columns, parent)}`,
  )
}

function parentKeys(parent: LakeTable): Sql {
  return sql`select ${keyNames(parent.table.primaryKey)} from (${rowsOf(parent)})`
}

function sameValues(columns: readonly string[], { table }: LakeTable): Sql {
  return join(
    columns.map(
      (column, number) => sql`${ident('_child', column)} = ${ident('_parent', table.primaryKey[number] ?? '')}`,
    ),
    ' and ',
  )
}

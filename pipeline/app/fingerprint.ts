import { createHash } from 'node:crypto'
import type { DataFile } from '../../control/ledger.ts'
import { isOfTable } from '../../control/table-rows.ts'
import { contractsOf } from '../../core/config/contracts.ts'
import type { Config } from '../../core/config/schema.ts'
import type { MartQuery } from './mart-query.ts'

/**
 * A hash of all that a mart's rows and the verdict on them depend on: its SQL, its tests, their parameters, the columns and
 * data files of the tables that it reads, the data files of the marts that it reads. The same hash, the same rows, unless the
 * SQL is fickle; such a mart is made anew whenever any table changes.
 *
 * @param dataFiles of the version that the mart is to belong to; those of ODS and of other marts do not matter
 */
export function fingerprintOf(query: MartQuery, tables: Config['tables'], dataFiles: readonly DataFile[]): string {
  const { text, parameters } = query
  const tests = query.tests.map((test) => ({ name: test.name, text: test.text, parameters: test.parameters }))
  const read = query.isFickle ? Object.keys(tables) : query.inputs.tables
  const contracts = contractsOf(Object.fromEntries(Object.entries(tables).filter(([name]) => read.includes(name))))
  // A plan reaches the same files by a way of its own: the layer, the table and the name of a file tell it apart.
  const files = inputFilesOf(query, dataFiles).map((file) => file.path.split('/').slice(-3).join('/'))
  const inputs = { text, parameters, tests, contracts, files: files.sort() }
  return createHash('sha256').update(JSON.stringify(inputs)).digest('hex')
}

/** The data files that a mart reads, of tables and marts. */
export function inputFilesOf({ inputs, isFickle }: MartQuery, dataFiles: readonly DataFile[]): DataFile[] {
  return dataFiles.filter((file) => {
    if (isOfTable(file)) return isFickle || inputs.tables.includes(file.tableName)
    return file.layer === 'app' && inputs.marts.includes(file.tableName)
  })
}

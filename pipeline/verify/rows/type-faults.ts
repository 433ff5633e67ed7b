import { relative, sep } from 'node:path'
import type { Layout } from '../../../control/layout.ts'
import { columnsOf, selectFrom } from '../../../control/relations.ts'
import type { Engine } from '../../../core/engine.ts'
import { readParquet, type Sql, sql } from '../../../core/sql.ts'
import type { LakeTable } from './lake-tables.ts'

/** A data file of a table that has a column in another type than the contract. */
export interface TypeFault {
  /** Relative to the lake folder. */
  readonly file: string
  /** `salary is VARCHAR; expected INTEGER` */
  readonly message: string
}

/** Hold the columns of every data file of a table against its contract; only footers are read. */
export async function findTypeFaults(
  engine: Engine,
  layout: Layout,
  { table, files }: LakeTable,
): Promise<TypeFault[]> {
  const described = await describe(engine, selectFrom(columnsOf('dw', table), []))
  const expected = new Map(described.map(({ column_name: name, column_type: type }) => [name, type]))
  const faults: TypeFault[] = []
  for (const path of files.rows) {
    const columns = await describe(engine, sql`select * from ${readParquet([path])}`)
    const wrong = columns.flatMap(({ column_name: name, column_type: type }) => {
      const wanted = expected.get(name)
      // Rows from before a column became a bigint are of the narrower type.
      const fits = wanted === undefined || type === wanted || (type === 'INTEGER' && wanted === 'BIGINT')
      return fits ? [] : [`${name} is ${type}; expected ${wanted}`]
    })
    const held = new Set(columns.map((column) => column.column_name))
    const lacking = ['_file_id', '_line', '_run_id']
      .filter((name) => !held.has(name))
      .map((name) => `${name} is missing`)
    const file = relative(layout.lake, path).split(sep).join('/')
    if (wrong.length + lacking.length > 0) faults.push({ file, message: [...wrong, ...lacking].join(', ') })
  }
  return faults
}

function describe(engine: Engine, query: Sql): Promise<{ column_name: string; column_type: string }[]> {
  return engine.rows(sql`describe ${query}`)
}

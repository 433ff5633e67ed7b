// A person who opens the catalog for writing and makes a table of their own once told to; never closes it.
// node person.mjs <catalog>
import { DuckDBInstance } from '@duckdb/node-api'

const instance = await DuckDBInstance.create(process.argv[2])
const connection = await instance.connect()
process.stdout.write('open\n')
process.stdin.once('data', async () => {
  await connection.run('create table main.mine as select 42 as answer')
  process.stdout.write('made\n')
})

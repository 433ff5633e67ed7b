// avsc alone, as the limit for backups: node bench/avsc-limit.mjs encode FILE ROWS | decode FILE
import { createReadStream, createWriteStream } from 'node:fs'
import { finished } from 'node:stream/promises'
import avro from 'avsc'
import { dateOf } from './generate-employees.mjs'

const SCHEMA = {
  type: 'record',
  name: 'employees',
  fields: [
    { name: 'employee_id', type: 'int' },
    { name: 'employee_name', type: 'string' },
    { name: 'hiring_date', type: 'string' },
    { name: 'department_id', type: 'int' },
    { name: 'job_id', type: 'int' },
  ],
}

const [mode, path, rows] = process.argv.slice(2)
if (mode === 'encode') await encode(Number(rows))
else await decode()

/** The rows of generate-employees.mjs, made as they are written. */
async function encode(count) {
  const encoder = new avro.streams.BlockEncoder(SCHEMA, { codec: 'deflate' })
  const file = encoder.pipe(createWriteStream(path))
  for (let id = 1; id <= count; id++) {
    const employee_name = `Name ${(id * 7919) % 100000} Lastname`
    const record = {
      employee_id: id,
      employee_name,
      hiring_date: dateOf(id),
      department_id: 1 + (id % 12),
      job_id: 1 + (id % 123),
    }
    if (!encoder.write(record)) await new Promise((resolve) => encoder.once('drain', resolve))
  }
  encoder.end()
  await finished(file)
}

async function decode() {
  let count = 0
  for await (const _record of createReadStream(path).pipe(new avro.streams.BlockDecoder())) count++
  console.error(`${count} records`)
}

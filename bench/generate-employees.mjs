// Writes a CSV of invented employees: node bench/generate-employees.mjs FILE ROWS [clean|quoted|broken] [FIRST_ID]
// The same words give the same bytes. `broken`: of 200 records one is damaged, in ten ways that take turns.
import { closeSync, openSync, writeSync } from 'node:fs'
import { pathToFileURL } from 'node:url'

const FLUSH_BYTES = 4 * 1024 * 1024
const BROKEN_EVERY = 200
const START_MS = Date.UTC(2021, 0, 1)
const YEAR_SECONDS = 365 * 24 * 3600

/** Ten ways to damage a record, given its fields. Lines are Latin-1: one of them is no UTF-8. */
const DAMAGES = [
  ([id, name, date, department]) => `${id},${name},${date},${department}`,
  (fields) => `${fields.join(',')},`,
  ([id, name, ...rest]) => `${id},"${name}" x,${rest.join(',')}`,
  ([id, name, ...rest]) => `${id},"${name},${rest.join(',')}`,
  ([id, name, ...rest]) => `${id},${name}\xe9,${rest.join(',')}`,
  ([id, name, ...rest]) => `${id},"${name}\nand more",${rest.join(',')}`,
  ([id, ...rest]) => `${id}.5,${rest.join(',')}`,
  ([id, name, , ...rest]) => `${id},${name},2021-02-30T00:00:00Z,${rest.join(',')}`,
  ([id, , ...rest]) => `${id},,${rest.join(',')}`,
  ([id, name, date]) => `${id},${name},${date},999,999`,
]

/** @param kind `clean`, `quoted` or `broken` */
export function generateEmployees(path, rows, kind = 'clean', firstId = 1) {
  const file = openSync(path, 'w')
  let text = ''
  for (let row = 0; row < rows; row++) {
    text += `${line(firstId + row, row, kind)}\n`
    if (text.length < FLUSH_BYTES) continue
    writeSync(file, Buffer.from(text, 'latin1'))
    text = ''
  }
  writeSync(file, Buffer.from(text, 'latin1'))
  closeSync(file)
}

function line(id, row, kind) {
  const fields = [id, `Name ${(id * 7919) % 100000} Lastname`, dateOf(id), 1 + (id % 12), 1 + (id % 124)]
  if (kind === 'quoted') return `"${fields.join('","')}"`
  const isBroken = kind === 'broken' && row % BROKEN_EVERY === BROKEN_EVERY - 1
  return isBroken ? DAMAGES[Math.floor(row / BROKEN_EVERY) % DAMAGES.length](fields) : fields.join(',')
}

/** Days as text: a year has few of them. */
const days = new Map()

export function dateOf(id) {
  const second = (id * 37) % YEAR_SECONDS
  const day = Math.floor(second / 86400)
  if (!days.has(day)) days.set(day, new Date(START_MS + day * 86400000).toISOString().slice(0, 11))
  const rest = second % 86400
  return `${days.get(day)}${two(rest / 3600)}:${two((rest % 3600) / 60)}:${two(rest % 60)}Z`
}

function two(number) {
  const whole = Math.floor(number)
  return whole < 10 ? `0${whole}` : `${whole}`
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const [path, rows, kind, firstId] = process.argv.slice(2)
  if (path === undefined || !(Number(rows) > 0)) {
    console.error('usage: node bench/generate-employees.mjs FILE ROWS [clean|quoted|broken] [FIRST_ID]')
    process.exit(2)
  }
  generateEmployees(path, Number(rows), kind, Number(firstId ?? 1))
}

// Times whole runs of the compiled droplake, each as a ratio to a limit that is measured in the same minutes. See bench/README.md.
import { spawnSync } from 'node:child_process'
import {
  appendFileSync,
  copyFileSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { cpus, tmpdir, totalmem } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { generateEmployees } from './generate-employees.mjs'

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..')
const DROPLAKE = join(ROOT, 'bin', 'droplake')
const ROWS = Number(process.env.BENCH_ROWS ?? 10_000_000)
const REPEATS = Number(process.env.BENCH_REPEATS ?? 3)
/** Parts of the lake that a small file comes into. */
const LAKE_FILES = 5
const SMALL_FILES = 1000

const folder = mkdtempSync(join(tmpdir(), 'droplake-bench-'))
try {
  console.log(
    `${cpus().length} cores (${cpus()[0].model}), ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}, ${new Date().toISOString().slice(0, 10)}\n`,
  )
  print('what', ['wall s', 'cpu s', 'peak MB', 'ratio', 'goal'])
  starts()
  largeFiles()
  manyFiles()
  smallFileIntoLargeLake()
  changedRows()
} finally {
  rmSync(folder, { recursive: true, force: true })
}

/** What a person waits for: held against a process that only starts Node and opens DuckDB. */
function starts() {
  const limit = best(() => duckdb('select 1'))
  report('limit: Node starts and opens DuckDB', limit)
  const lake = newLake('starts')
  for (const name of ['departments', 'jobs', 'employees'])
    copyFileSync(join(lake, 'samples', 'hires', `${name}.csv`), join(lake, 'workingArea', 'uploads', `${name}.csv`))
  report('first run, with the hires samples', run(lake), { limit })
  report(
    'run with nothing to do',
    best(() => run(lake)),
    { limit },
  )
}

/** One large file into a lake that holds departments and jobs: held against DuckDB alone on the clean or quoted file. */
function largeFiles() {
  const clean = employees('clean')
  const limit = best(() => duckdbAlone(clean))
  report(`limit: DuckDB alone, ${millions(ROWS)} employees (${megabytes(clean)} MB)`, limit)
  report(
    'clean',
    best(() => runWith(clean)),
    { limit, goal: '3.5 x, 1 GB' },
  )
  report(
    'clean, DROPLAKE_MEMORY_LIMIT=512MB',
    best(() => runWith(clean, '512MB'), 1),
    { limit, goal: '800 MB' },
  )
  const broken = employees('broken')
  report(
    '0.5 % of records broken in ten ways',
    best(() => runWith(broken)),
    { limit, goal: '4.5 x' },
  )
  rmSync(broken)
  rmSync(clean)
  const quoted = employees('quoted')
  const quotedLimit = best(() => duckdbAlone(quoted))
  report(`limit: DuckDB alone, every field quoted (${megabytes(quoted)} MB)`, quotedLimit)
  report(
    'every field quoted',
    best(() => runWith(quoted)),
    { limit: quotedLimit, goal: '5 x' },
  )
  rmSync(quoted)
}

function manyFiles() {
  const measure = () => {
    const lake = readyLake('many')
    for (let file = 0; file < SMALL_FILES; file++)
      generateEmployees(join(lake, 'workingArea', 'uploads', `employees_${file}.csv`), 100, 'clean', 1 + file * 100)
    return run(lake)
  }
  report(`${SMALL_FILES.toLocaleString('en')} files of 100 employees in one run`, best(measure), { goal: '4 s' })
}

/** The time of a small file must not grow with the lake: it is measured in a small lake, too. */
function smallFileIntoLargeLake() {
  const small = readyLake('small')
  report('1,000 employees into a lake without any', addThousand(small, 1), { goal: '1.5 s' })
  const large = readyLake('large')
  for (let part = 0; part < LAKE_FILES; part++)
    generateEmployees(uploadPath(large, `employees_${part}.csv`), ROWS, 'clean', 1 + part * ROWS)
  run(large)
  const what = `1,000 employees into a lake of ${millions(LAKE_FILES * ROWS)}`
  report(what, addThousand(large, 1 + LAKE_FILES * ROWS), { goal: '1.5 s' })
}

/** Rows that change (`onConflict: update`): few of many, none of many, and a reader of the table before and after. */
function changedRows() {
  const lake = readyLake('update')
  const configPath = join(lake, 'pipeline_config.json')
  const config = JSON.parse(readFileSync(configPath, 'utf8'))
  config.tables.employees.onConflict = 'update'
  writeFileSync(configPath, JSON.stringify(config))
  const all = employees('clean')
  copyFileSync(all, uploadPath(lake, 'employees.csv'))
  report(`${millions(ROWS)} employees, onConflict update`, run(lake))
  const count = ['query', 'select department_id, count(*) from dw.employees group by all', '-C', lake]
  report('a query over them', measured([DROPLAKE, ...count]))
  const step = ROWS / 1000
  const changed = Array.from({ length: 1000 }, (_, index) => `${1 + index * step},Changed,2021-01-01T00:00:00Z,1,1\n`)
  writeFileSync(uploadPath(lake, 'employees_changed.csv'), changed.join(''))
  report('1,000 of them change', run(lake))
  report('a query over them then', measured([DROPLAKE, ...count]))
  // Another content by its last line, so that it is no duplicate.
  copyFileSync(all, uploadPath(lake, 'employees_again.csv'))
  appendFileSync(uploadPath(lake, 'employees_again.csv'), '\n')
  report('all once more, 1,000 of them otherwise', run(lake))
  report('compact', measured([DROPLAKE, 'compact', '-C', lake]))
}

/** The best of several runs, each with employees of its own. */
function addThousand(lake, firstId) {
  let id = firstId
  return best(() => {
    generateEmployees(uploadPath(lake, `employees_${id}.csv`), 1000, 'clean', id)
    id += 1000
    return run(lake)
  })
}

function employees(kind) {
  const path = join(folder, `employees_${kind}.csv`)
  generateEmployees(path, ROWS, kind)
  return path
}

function runWith(upload, memoryLimit) {
  const lake = readyLake('one')
  linkSync(upload, uploadPath(lake, 'employees.csv'))
  return run(lake, memoryLimit === undefined ? {} : { DROPLAKE_MEMORY_LIMIT: memoryLimit })
}

/** A lake with the twelve departments and 124 jobs that the employees refer to. */
function readyLake(name) {
  const lake = newLake(name)
  writeFileSync(uploadPath(lake, 'departments.csv'), numbered(12, 'Department'))
  writeFileSync(uploadPath(lake, 'jobs.csv'), numbered(124, 'Job'))
  run(lake)
  return lake
}

function newLake(name) {
  const lake = join(folder, name)
  rmSync(lake, { recursive: true, force: true })
  measured([DROPLAKE, 'init', lake])
  mkdirSync(join(lake, 'workingArea', 'uploads'), { recursive: true })
  return lake
}

function uploadPath(lake, name) {
  return join(lake, 'workingArea', 'uploads', name)
}

function numbered(count, name) {
  return Array.from({ length: count }, (_, index) => `${index + 1},${name} ${index + 1}\n`).join('')
}

function run(lake, env = {}) {
  return measured([DROPLAKE, 'run', '-C', lake], env)
}

/** Typed `read_csv` to Parquet, nothing sniffed and nothing checked: the engine's own speed. */
function duckdbAlone(upload) {
  return duckdb(`copy (
    from read_csv('${upload}', auto_detect = false, header = false, delim = ',', quote = '"', escape = '"',
      columns = {a: 'INTEGER', b: 'VARCHAR', c: 'TIMESTAMP', d: 'INTEGER', e: 'INTEGER'})
    ) to '${join(folder, 'limit.parquet')}' (format parquet)`)
}

/** One statement in a process of its own. */
function duckdb(sql) {
  const script = join(folder, 'statement.mjs')
  const client = join(ROOT, 'node_modules', '@duckdb', 'node-api', 'lib', 'index.js')
  writeFileSync(
    script,
    `import duckdb from ${JSON.stringify(client)}
    const connection = await (await duckdb.DuckDBInstance.create(':memory:')).connect()
    await connection.run(${JSON.stringify(sql)})`,
  )
  return measured([script])
}

/** Run Node in a process of its own: wall time from outside, CPU time and memory from inside. */
function measured(words, env = {}) {
  const started = performance.now()
  const child = spawnSync(process.execPath, ['--import', join(ROOT, 'bench', 'measure.mjs'), ...words], {
    stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
    encoding: 'utf8',
    env: { ...process.env, ...env },
  })
  const wallMs = performance.now() - started
  if (child.status !== 0) throw new Error(`${words.join(' ')} ended with ${child.status}:\n${child.stderr}`)
  return { wallMs, ...JSON.parse(child.output[3]) }
}

function best(measure, repeats = REPEATS) {
  return Array.from({ length: repeats }, measure).sort((a, b) => a.wallMs - b.wallMs)[0]
}

function millions(rows) {
  return `${rows / 1e6} M`
}

function megabytes(path) {
  return Math.round(statSync(path).size / 1e6)
}

function report(what, { wallMs, cpuMs, peakMb }, { limit, goal = '' } = {}) {
  const ratio = limit === undefined ? '' : `${(wallMs / limit.wallMs).toFixed(1)} x`
  print(what, [(wallMs / 1000).toFixed(2), (cpuMs / 1000).toFixed(2), Math.round(peakMb).toString(), ratio, goal])
}

function print(what, cells) {
  console.log(what.padEnd(52) + cells.map((cell, index) => cell.padStart(index < 4 ? 9 : 13)).join(''))
}

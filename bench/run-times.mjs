// Times whole runs of the compiled droplake, each as a ratio to a limit measured in the same minute. See bench/README.md.
import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { cpus, tmpdir, totalmem } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..')
const DROPLAKE = join(ROOT, 'bin', 'droplake')
const EMPLOYEES = Number(process.env.BENCH_ROWS ?? 1_000_000)
const REPEATS = 5

const folder = mkdtempSync(join(tmpdir(), 'droplake-bench-'))
try {
  console.log(
    `${cpus().length} cores (${cpus()[0].model}), ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}\n`,
  )
  print('what', ['wall s', 'cpu s', 'peak MB', 'ratio'])
  smallRuns()
  largeRun()
} finally {
  rmSync(folder, { recursive: true, force: true })
}

/** What a person waits for: held against a process that only starts Node and opens DuckDB. */
function smallRuns() {
  const lake = newLake('small')
  const limit = best(() => duckdb('select 1'))
  report('limit: Node starts and opens DuckDB', limit)
  drop(lake, ['departments', 'jobs', 'employees'])
  report('first run, with the hires samples', run(lake), limit)
  report(
    'run with nothing to do',
    best(() => run(lake)),
    limit,
  )
}

/** A clean file of many employees: held against DuckDB alone, typed read_csv to Parquet, nothing checked. */
function largeRun() {
  const lake = newLake('large')
  drop(lake, ['departments', 'jobs'])
  run(lake)
  const upload = join(lake, 'workingArea', 'uploads', 'employees_large.csv')
  duckdb(`copy (
    select i, 'Name ' || (i * 7919 % 100000),
      strftime(timestamp '2021-01-01' + to_seconds((i * 37) % 31536000), '%Y-%m-%dT%H:%M:%SZ'), 1 + i % 12, 1 + i % 124
    from range(1, ${EMPLOYEES + 1}) t(i)) to '${upload}' (format csv, header false)`)
  const read = `read_csv('${upload}', auto_detect = false, header = false, delim = ',',
    columns = {a: 'INTEGER', b: 'VARCHAR', c: 'TIMESTAMP', d: 'INTEGER', e: 'INTEGER'})`
  const limit = best(() =>
    duckdb(`copy (select * from ${read}) to '${join(folder, 'limit.parquet')}' (format parquet)`),
  )
  const sizeMb = Math.round(statSync(upload).size / 1e6)
  report(`limit: DuckDB alone, ${EMPLOYEES / 1e6} M employees (${sizeMb} MB)`, limit)
  report('run with that file', run(lake), limit)
}

function newLake(name) {
  const lake = join(folder, name)
  measured([DROPLAKE, 'init', lake])
  return lake
}

function drop(lake, names) {
  for (const name of names)
    cpSync(join(lake, 'samples', 'hires', `${name}.csv`), join(lake, 'workingArea', 'uploads', `${name}.csv`))
}

function run(lake) {
  return measured([DROPLAKE, 'run', '-C', lake])
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
function measured(words) {
  const started = performance.now()
  const child = spawnSync(process.execPath, ['--import', join(ROOT, 'bench', 'measure.mjs'), ...words], {
    stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
    encoding: 'utf8',
  })
  const wallMs = performance.now() - started
  if (child.status !== 0) throw new Error(`${words.join(' ')} ended with ${child.status}:\n${child.stderr}`)
  return { wallMs, ...JSON.parse(child.output[3]) }
}

function best(measure) {
  return Array.from({ length: REPEATS }, measure).sort((a, b) => a.wallMs - b.wallMs)[0]
}

function report(what, { wallMs, cpuMs, peakMb }, limit) {
  const ratio = limit === undefined ? '' : `${(wallMs / limit.wallMs).toFixed(1)} x`
  print(what, [(wallMs / 1000).toFixed(2), (cpuMs / 1000).toFixed(2), Math.round(peakMb).toString(), ratio])
}

function print(what, cells) {
  console.log(what.padEnd(52) + cells.map((cell) => cell.padStart(9)).join(''))
}

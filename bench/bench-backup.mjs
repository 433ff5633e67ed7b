// Times backup and restore of the compiled droplake beside avsc's own encode and decode of the same rows. See bench/README.md.
import { spawnSync } from 'node:child_process'
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { generateEmployees } from './generate-employees.mjs'

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..')
const DROPLAKE = join(ROOT, 'bin', 'droplake')
const ROWS = Number(process.env.BENCH_ROWS ?? 10_000_000)

const folder = mkdtempSync(join(tmpdir(), 'droplake-bench-'))
try {
  console.log(
    `${cpus().length} cores, Node ${process.version}, ${new Date().toISOString().slice(0, 10)}, ${ROWS / 1e6} M employees\n`,
  )
  const lake = makeLake()
  const limitFile = join(folder, 'limit.avro')
  const limit = join(ROOT, 'bench', 'avsc-limit.mjs')
  print('what', ['wall s', 'cpu s', 'peak MB', 'wall ratio', 'cpu ratio'])
  const encode = report('limit: avsc encodes, deflate', measured([limit, 'encode', limitFile, String(ROWS)]))
  for (const codec of (process.env.BENCH_CODECS ?? 'deflate,null,snappy,zstd').split(','))
    report(`backup, ${codec}`, measured([DROPLAKE, 'backup', 'employees', '--codec', codec, '-C', lake]), encode)
  measured([DROPLAKE, 'backup', 'employees', '-C', lake])
  const decode = report('limit: avsc decodes, deflate', measured([limit, 'decode', limitFile]))
  report('restore, deflate', measured([DROPLAKE, 'restore', 'employees', '--yes', '-C', lake]), decode)
  report('backup verify', measured([DROPLAKE, 'backup', 'verify', 'employees', '-C', lake]), decode)
} finally {
  rmSync(folder, { recursive: true, force: true })
}

/** A lake without marts' rows to spare: departments, jobs, and employees that are all good. */
function makeLake() {
  const lake = join(folder, 'lake')
  measured([DROPLAKE, 'init', lake])
  const uploads = join(lake, 'workingArea', 'uploads')
  for (const name of ['departments', 'jobs'])
    copyFileSync(join(lake, 'samples', 'hires', `${name}.csv`), join(uploads, `${name}.csv`))
  generateEmployees(join(uploads, 'employees.csv'), ROWS)
  measured([DROPLAKE, 'run', '-C', lake])
  return lake
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

function report(what, result, limit) {
  const ratio = (key) => (limit === undefined ? '' : `${(result[key] / limit[key]).toFixed(2)} x`)
  const seconds = (ms) => (ms / 1000).toFixed(2)
  print(what, [
    seconds(result.wallMs),
    seconds(result.cpuMs),
    Math.round(result.peakMb),
    ratio('wallMs'),
    ratio('cpuMs'),
  ])
  return result
}

function print(what, cells) {
  console.log(what.padEnd(34) + cells.map((cell) => String(cell).padStart(12)).join(''))
}

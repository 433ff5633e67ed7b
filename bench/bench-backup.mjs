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

const REPEATS = Number(process.env.BENCH_REPEATS ?? 3)

const folder = mkdtempSync(join(tmpdir(), 'droplake-bench-'))
try {
  console.log(
    `${cpus().length} cores, Node ${process.version}, ${new Date().toISOString().slice(0, 10)}, ${ROWS / 1e6} M employees\n`,
  )
  const lake = makeLake()
  const limitFile = join(folder, 'limit.avro')
  const limit = join(ROOT, 'bench', 'avsc-limit.mjs')
  print('what', ['wall s', 'cpu s', 'peak MB', 'M rows/s', 'wall ratio', 'cpu ratio'])
  const codecs = (process.env.BENCH_CODECS ?? 'deflate,null,snappy,zstd').split(',')
  const backup = (codec) => [DROPLAKE, 'backup', 'employees', '--codec', codec, '-C', lake]
  const encode = [limit, 'encode', limitFile, String(ROWS)]
  const [encoded, ...backups] = bestInTurns([encode, ...codecs.map(backup)])
  report('limit: avsc encodes, deflate', encoded)
  for (const [index, codec] of codecs.entries()) report(`backup, ${codec}`, backups[index], encoded)

  measured(backup('deflate'))
  const restore = [DROPLAKE, 'restore', 'employees', '--yes', '-C', lake]
  const verify = [DROPLAKE, 'backup', 'verify', 'employees', '-C', lake]
  const [decoded, restored, verified] = bestInTurns([[limit, 'decode', limitFile], restore, verify])
  report('limit: avsc decodes, deflate', decoded)
  report('restore, deflate', restored, decoded)
  report('backup verify', verified, decoded)
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

/** Run each in turn, several times over, so that all have the same weather; of each the best wall and the least CPU. */
function bestInTurns(commands) {
  const best = commands.map(() => undefined)
  for (let round = 0; round < REPEATS; round++)
    for (const [index, words] of commands.entries()) {
      const now = measured(words)
      const before = best[index] ?? now
      best[index] = {
        wallMs: Math.min(now.wallMs, before.wallMs),
        cpuMs: Math.min(now.cpuMs, before.cpuMs),
        peakMb: Math.max(now.peakMb, before.peakMb),
      }
    }
  return best
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
    (ROWS / 1000 / result.wallMs).toFixed(2),
    ratio('wallMs'),
    ratio('cpuMs'),
  ])
  return result
}

function print(what, cells) {
  console.log(what.padEnd(34) + cells.map((cell) => String(cell).padStart(12)).join(''))
}

// Times a run of 1 million rows under a contract of 5 rules and under one of 20, and of 20 that warn. See bench/README.md.
import { spawnSync } from 'node:child_process'
import { linkSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { generateEmployees } from './generate-employees.mjs'

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..')
const DROPLAKE = join(ROOT, 'bin', 'droplake')
const ROWS = Number(process.env.BENCH_ROWS ?? 1_000_000)
const REPEATS = Number(process.env.BENCH_REPEATS ?? 5)

/** malformed, type:id, type:datetime, required:id, unique:id */
const FIVE = {
  columns: {
    id: { type: 'integer' },
    name: { type: 'string', required: false },
    datetime: { type: 'timestamp', required: false },
    department_id: { type: 'string', required: false },
    job_id: { type: 'string', required: false },
  },
}

/** Those, and fifteen more: four required, two lengths, a pattern, four bounds, two lists, two checks. */
const TWENTY = {
  columns: {
    id: { type: 'integer', min: 1, max: 99_999_999 },
    name: { type: 'string', minLength: 6, maxLength: 40, pattern: 'Name [0-9]+ [A-Z][a-z]+' },
    datetime: { type: 'timestamp', min: '2021-01-01T00:00:00Z', max: '2022-01-01T00:00:00Z' },
    department_id: { type: 'string', oneOf: numbers(12) },
    job_id: { type: 'string', oneOf: numbers(124) },
  },
  checks: [
    { name: 'hired before the run', expression: 'datetime <= $run_started_at', message: 'hired in the future' },
    { name: 'job', expression: "job_id <> '1' or length(name) > 5", message: 'a name too short for the job' },
  ],
}

/** The same twenty; those that can, warn. */
const WARNING = {
  columns: TWENTY.columns,
  checks: TWENTY.checks.map((check) => ({ ...check, severity: 'warn' })),
  severity: Object.fromEntries(
    [
      ...['required:name', 'required:datetime', 'required:department_id', 'required:job_id', 'min_length:name'],
      ...[
        'max_length:name',
        'pattern:name',
        'min:id',
        'max:id',
        'min:datetime',
        'max:datetime',
        'one_of:department_id',
      ],
      'one_of:job_id',
    ].map((rule) => [rule, 'warn']),
  ),
}

const folder = mkdtempSync(join(tmpdir(), 'droplake-bench-'))
try {
  const file = join(folder, 'employees.csv')
  generateEmployees(file, ROWS)
  console.log(
    `${cpus().length} cores (${cpus()[0].model}), Node ${process.version}, ${ROWS.toLocaleString('en')} rows\n`,
  )
  print('what', ['cpu s', 'wall s', 'ratio of cpu', 'goal'])
  const contracts = { '5 rules': FIVE, '20 rules': TWENTY, '20 rules, 15 of them warn': WARNING }
  // In turns, so that whatever else the machine does falls on all of them; of each the run that took least CPU.
  const taken = Object.fromEntries(Object.keys(contracts).map((name) => [name, []]))
  for (let repeat = 0; repeat < REPEATS; repeat++)
    for (const [name, contract] of Object.entries(contracts)) taken[name].push(runOf(contract, file))
  const best = Object.fromEntries(
    Object.entries(taken).map(([name, runs]) => [name, runs.sort((a, b) => a.cpuMs - b.cpuMs)[0]]),
  )
  for (const [name, { cpuMs, wallMs }] of Object.entries(best)) {
    const ratio = cpuMs / best['5 rules'].cpuMs
    print(name, [
      (cpuMs / 1000).toFixed(2),
      (wallMs / 1000).toFixed(2),
      `${ratio.toFixed(2)} x`,
      name === '20 rules' ? '1.6 x' : '',
    ])
  }
} finally {
  rmSync(folder, { recursive: true, force: true })
}

function numbers(count) {
  return Array.from({ length: count }, (_, index) => String(index + 1))
}

function runOf(contract, file) {
  const lake = join(folder, 'lake')
  rmSync(lake, { recursive: true, force: true })
  mkdirSync(join(lake, 'workingArea', 'uploads'), { recursive: true })
  const tables = { employees: { files: ['employees*'], primaryKey: ['id'], ...contract } }
  writeFileSync(join(lake, 'pipeline_config.json'), JSON.stringify({ name: 'bench', tables }))
  linkSync(file, join(lake, 'workingArea', 'uploads', 'employees.csv'))
  const started = performance.now()
  const words = ['--import', join(ROOT, 'bench', 'measure.mjs'), DROPLAKE, 'run', '-C', lake]
  const child = spawnSync(process.execPath, words, { stdio: ['ignore', 'pipe', 'pipe', 'pipe'], encoding: 'utf8' })
  const wallMs = performance.now() - started
  if (child.status !== 0 || child.stdout.includes('broken rule')) throw new Error(`${child.stdout}\n${child.stderr}`)
  return { wallMs, ...JSON.parse(child.output[3]) }
}

function print(what, cells) {
  console.log(what.padEnd(30) + cells.map((cell) => cell.padStart(14)).join(''))
}

import { expect, test } from 'vitest'
import { isSameData, lookAt } from './helpers/check.ts'
import { FaultLake } from './helpers/fault-lake.ts'
import { Reader } from './helpers/reader.ts'
import { noteResult } from './helpers/results.ts'
import { sample } from './helpers/sample.ts'
import { Victim } from './helpers/victim.ts'

const DEPARTMENTS = '1,Sales\n2,Support\n'
const JOBS = '1,Recruiter\n'
const employee = (id: number) => `${id},Ada,2021-0${id}-01T00:30:00Z,1,1\n`

/** Six runs, the first over the parents; how each is run is up to the caller. */
async function sixRuns(lake: FaultLake, run: (number: number) => Promise<unknown>): Promise<void> {
  lake.drop({ 'departments.csv': DEPARTMENTS, 'jobs.csv': JOBS })
  for (let number = 1; number <= 6; number++) {
    lake.drop({ [`employees_${number}.csv`]: employee(number) })
    await run(number)
  }
}

/** When each of the six runs begins. */
const CLOCKS: Readonly<Record<string, readonly string[]>> = {
  'set back in each run': ['2026-06', '2026-05', '2026-04', '2026-03', '2026-02', '2026-01'].map(
    (month) => `${month}-01T00:00:00Z`,
  ),
  'stands still': Array.from({ length: 6 }, () => '2026-01-01T00:00:00Z'),
  'jumps between 1970 and 2100': [
    '2026-01-01',
    '1970-01-01',
    '2100-01-01',
    '1999-12-31',
    '2038-01-20',
    '2000-02-29',
  ].map((day) => `${day}T23:59:59Z`),
}

const ZONES = [
  'UTC',
  'America/Los_Angeles',
  'Asia/Kathmandu',
  'Pacific/Kiritimati',
  'Pacific/Pago_Pago',
  'Europe/Berlin',
]

test('clocks that go wrong and other time zones change nothing in the lake, and versions stay in the order of runs', async () => {
  const reader = new Reader()
  const plain = new FaultLake()
  const violations: string[] = []
  let rounds = 0
  const check = async (what: string, run: (lake: FaultLake, number: number) => Promise<unknown>) => {
    const lake = new FaultLake()
    await sixRuns(lake, (number) => run(lake, number))
    const [view, expected] = [
      await lookAt(reader, lake.path('lake', 'lake.duckdb')),
      await lookAt(reader, plain.path('lake', 'lake.duckdb')),
    ]
    if (!isSameData(view, expected)) violations.push(`${what}: ${JSON.stringify(view.tables)}`)
    if (view.runs.some((entry, index) => entry.version !== index + 1 || entry.runId !== index + 1))
      violations.push(`${what}: ${JSON.stringify(view.runs)}`)
    lake.remove()
    rounds++
  }
  await sixRuns(plain, () => plain.run())
  for (const [what, times] of Object.entries(CLOCKS))
    await check(`a clock that ${what}`, (lake, number) => lake.run({ clock: () => new Date(times[number - 1] ?? '') }))
  for (const zone of sample(ZONES, 1))
    await check(`TZ=${zone}`, (lake) => new Victim(lake.folder, { env: { TZ: zone } }).run())
  reader.close()
  plain.remove()
  noteResult({
    fault: 'clock set back, forward, standing; six time zones',
    promise: 'same digests, order by version',
    rounds,
    violations: violations.length,
  })
  expect(violations).toEqual([])
})

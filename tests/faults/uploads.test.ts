import { appendFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { verify } from '../../pipeline/verify/index.ts'
import { lookAt } from './helpers/check.ts'
import { FaultLake } from './helpers/fault-lake.ts'
import { Reader } from './helpers/reader.ts'
import { noteResult } from './helpers/results.ts'
import { rounds, seededRandom } from './helpers/sample.ts'
import { Victim } from './helpers/victim.ts'

const random = seededRandom()
const ROWS = 2000
const rows = (from: number, count: number) =>
  Array.from({ length: count }, (_, index) => `${from + index},Name ${from + index}\n`).join('')

/** What happens to `departments.csv` while runs are at work; at the end it holds, or held, departments 1 to ROWS. */
const CHANGES: Readonly<Record<string, (path: string) => Promise<void>>> = {
  'arrives slowly': async (path) => {
    writeFileSync(path, '')
    for (let row = 1; row <= ROWS; row += ROWS / 20) {
      appendFileSync(path, rows(row, ROWS / 20))
      await sleep(random() * 60)
    }
  },
  'is replaced': async (path) => {
    for (let time = 0; time < 4; time++) {
      writeFileSync(`${path}.new`, rows(1, (ROWS / 4) * (time + 1)))
      renameSync(`${path}.new`, path)
      await sleep(random() * 400)
    }
  },
  'is written over in place': async (path) => {
    for (let time = 0; time < 4; time++) {
      writeFileSync(path, rows(1, (ROWS / 4) * (time + 1)))
      await sleep(random() * 400)
    }
  },
  'is deleted and comes again': async (path) => {
    for (let time = 0; time < 4; time++) {
      writeFileSync(path, rows(1, ROWS))
      await sleep(random() * 300)
      rmSync(path, { force: true })
    }
    writeFileSync(path, rows(1, ROWS))
  },
}

/** Run again and again while something happens, and once more after it. */
async function runMeanwhile(lake: FaultLake, change: Promise<void>): Promise<string[]> {
  let isOver = false
  const over = change.then(() => {
    isOver = true
  })
  const violations: string[] = []
  for (let isLast = false; !isLast; ) {
    isLast = isOver
    const { exitCode, stderr } = await new Victim(lake.folder).run()
    if (exitCode !== 0 && exitCode !== 3) violations.push(`a run ended with ${exitCode}: ${stderr}`)
  }
  await over
  return violations
}

/** Each key once in DW, all of them there, what was loaded kept in processed, and a whole lake. */
async function check(lake: FaultLake, reader: Reader): Promise<string[]> {
  const view = await lookAt(reader, lake.path('lake', 'lake.duckdb'))
  const kept = new Set(
    lake.files('workingArea', 'processed').map((name) => lake.digest('workingArea', 'processed', name)),
  )
  const { findings } = await verify(lake.project(), { deep: true })
  return [
    ...(view.tables['dw.departments']?.startsWith(`${ROWS} rows `)
      ? []
      : [`dw.departments has ${view.tables['dw.departments']}`]),
    ...lake.files('workingArea', 'uploads').map((name) => `"${name}" still lies in uploads`),
    ...view.files
      .filter((file) => file[2] === 'loaded' && !kept.has(String(file.at(-1))))
      .map((file) => `what was loaded of ${file[0]} is not in processed`),
    ...findings.map((finding) => JSON.stringify(finding)),
  ]
}

test.each(Object.keys(CHANGES))(
  'an upload that %s while runs are at work: every record is taken once, and what was taken is kept',
  async (what) => {
    const violations: string[] = []
    const reader = new Reader()
    for (let round = 0; round < rounds(12, 1); round++) {
      const lake = new FaultLake()
      const change =
        CHANGES[what]?.(lake.path('workingArea', 'uploads', 'departments.csv')) ?? Promise.reject(new Error(what))
      violations.push(...(await runMeanwhile(lake, change)), ...(await check(lake, reader)))
      lake.remove()
    }
    reader.close()
    noteResult({
      fault: `an upload ${what} while runs are at work`,
      promise: 'nothing lost, nothing twice, V3-V6',
      rounds: rounds(12, 1),
      violations: violations.length,
    })
    expect(violations).toEqual([])
  },
)

import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { runProgram } from '../helpers/run-cli.ts'
import { lookAt } from './helpers/check.ts'
import { FaultLake } from './helpers/fault-lake.ts'
import { Reader, type View } from './helpers/reader.ts'
import { noteResult } from './helpers/results.ts'
import { rounds } from './helpers/sample.ts'

const READERS = 3
const PAUSE_MS = 100
const COMMITS_PER_LAKE = 100
const PARENTS = { 'departments.csv': '1,Sales\n2,Support\n', 'jobs.csv': '1,Recruiter\n' }
const employee = (id: number) => `${id},Ada,2021-07-01T10:00:00Z,${1 + (id % 2)},1\n`

interface Watch {
  readonly looks: (View | { readonly error: string })[]
  isOver: boolean
}

/** Look again and again, until told that it is over. */
async function watch(path: string, state: Watch): Promise<void> {
  const reader = new Reader()
  while (!state.isOver) {
    state.looks.push(await reader.look(path))
    // Readers that never rest would leave no core to the runs.
    await sleep(PAUSE_MS)
  }
  reader.close()
}

/** What the lake's own version was right after each commit, by version. */
async function commitOften(lake: FaultLake, commits: number, state: Watch): Promise<Map<number, string>> {
  const expected = new Map<number, string>()
  const reader = new Reader()
  const catalog = lake.path('lake', 'lake.duckdb')
  const remember = async () => {
    const view = await lookAt(reader, catalog)
    expected.set(view.version, JSON.stringify(view.tables))
  }
  await remember()
  const watching = Array.from({ length: READERS }, () => watch(catalog, state))
  for (let id = 1; id <= commits; id++) {
    lake.drop({ [`employees_${id}.csv`]: employee(id) })
    await lake.run()
    await remember()
  }
  state.isOver = true
  await Promise.all(watching)
  reader.close()
  return expected
}

test(`readers during ${rounds(500, 8)} commits meet no error and see whole versions`, async () => {
  const violations: string[] = []
  let [left, looks] = [rounds(500, 8), 0]
  for (; left > 0; left -= COMMITS_PER_LAKE) {
    const lake = new FaultLake()
    lake.drop(PARENTS)
    await lake.run()
    const state: Watch = { looks: [], isOver: false }
    const expected = await commitOften(lake, Math.min(left, COMMITS_PER_LAKE), state)
    looks += state.looks.length
    for (const look of state.looks) {
      if ('error' in look) violations.push(look.error)
      else if (expected.get(look.version) !== JSON.stringify(look.tables))
        violations.push(`a mixed view of version ${look.version}: ${JSON.stringify(look.tables)}`)
    }
    const cli = await runProgram(
      'duckdb',
      ['-readonly', '-csv', '-noheader', lake.path('lake', 'lake.duckdb'), 'select count(*) from dw.employees'],
      lake.folder,
    )
    if (cli.stdout.trim() !== String(Math.min(left, COMMITS_PER_LAKE)))
      violations.push(`the duckdb CLI sees ${cli.stdout} ${cli.stderr}`)
    lake.remove()
  }
  noteResult({
    fault: `looks of ${READERS} reader processes during ${rounds(500, 8)} commits`,
    promise: 'no error, no mixed view',
    rounds: looks,
    violations: violations.length,
  })
  expect(violations).toEqual([])
  expect(looks).toBeGreaterThan(rounds(500, 8))
})

/** Wait until a process says something. */
function says(child: ChildProcessWithoutNullStreams): Promise<unknown> {
  return new Promise((resolve) => child.stdout.once('data', resolve))
}

test.each(['before', 'after'] as const)(
  'a person who writes into the catalog and is killed %s a commit leaves nothing in the next version',
  async (when) => {
    const violations: string[] = []
    const reader = new Reader()
    for (let round = 0; round < rounds(20, 1); round++) {
      const lake = new FaultLake()
      lake.drop(PARENTS)
      await lake.run()
      const person = spawn(process.execPath, [
        join(import.meta.dirname, 'helpers', 'person.mjs'),
        lake.path('lake', 'lake.duckdb'),
      ])
      const ended = new Promise((resolve) => person.on('close', resolve))
      await says(person)
      lake.drop({ 'employees_1.csv': employee(1) })
      if (when === 'after') await lake.run()
      const made = says(person)
      person.stdin.write('\n')
      await made
      person.kill('SIGKILL')
      await ended
      if (!existsSync(lake.path('lake', 'lake.duckdb.wal')))
        violations.push('the person left no .wal: this round shows nothing')
      lake.drop({ 'employees_2.csv': employee(2) })
      await lake.run()
      const view = await lookAt(reader, lake.path('lake', 'lake.duckdb'))
      if (view.ownTables.length > 0) violations.push(`the next version has ${view.ownTables.join(', ')}`)
      if (existsSync(lake.path('lake', 'lake.duckdb.wal'))) violations.push('the .wal is still there')
      if (!view.tables['dw.employees']?.startsWith('2 rows'))
        violations.push(`dw.employees has ${view.tables['dw.employees']}`)
      lake.remove()
    }
    reader.close()
    noteResult({
      fault: `a person writes into lake.duckdb and is killed ${when} a commit`,
      promise: 'their .wal never reaches the next version',
      rounds: rounds(20, 1),
      violations: violations.length,
    })
    expect(violations).toEqual([])
  },
)

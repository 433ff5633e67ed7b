import { spawn } from 'node:child_process'
import { expect, test } from 'vitest'
import { verify } from '../../pipeline/verify/index.ts'
import { DROPLAKE, droplake } from '../helpers/run-cli.ts'
import { type TempLake, tempLake } from '../helpers/temp-lake.ts'

/** Kills of each kind of run. */
const CYCLES = Math.max(1, Math.round(Number(process.env.DROPLAKE_KILL_CYCLES ?? 4) / 4))
/** A run starts in about 400 ms and has ended after this long. */
const [FROM_MS, TO_MS] = [300, 1500]

const config = (onConflict: string) => ({
  name: 'x',
  tables: {
    t: {
      files: ['*.csv'],
      columns: { id: { type: 'integer' }, name: { type: 'string' }, email: { type: 'string', required: false } },
      primaryKey: ['id'],
      unique: [['email']],
      onConflict,
    },
  },
})

test.each(['update', 'history'])(
  `a run with onConflict %s, killed at any of ${CYCLES} moments and repeated, ends in the lake of an undisturbed run`,
  async (onConflict) => {
    const expected = await contentAfter(onConflict, null)
    for (let cycle = 0; cycle < CYCLES; cycle++) {
      const delayMs = Math.round(FROM_MS + ((cycle + 0.5) / CYCLES) * (TO_MS - FROM_MS))
      expect(await contentAfter(onConflict, delayMs), `killed after ${delayMs} ms`).toEqual(expected)
    }
  },
  60_000 + CYCLES * 30_000,
)

/** What people see after a run that changes rows, also when it was killed and given again. */
async function contentAfter(onConflict: string, delayMs: number | null): Promise<unknown> {
  const lake = await tempLake({ config: config(onConflict), uploads: { 'a.csv': '1,Ada,a@x\n2,Bob,\n3,Cy,c@x\n' } })
  await lake.run()
  await lake.drop({ 'b.csv': '1,Ann,a@x\n2,Bob,\n2,Bea,c@x\n3,Cy,\n', 'c.csv': '2,Bo,c@x\n4,Di,\n4,Dan,\n' })
  if (delayMs !== null) {
    await killedAfter(lake, delayMs)
    const { findings } = await verify(lake.project, { deep: true })
    expect(findings.filter((finding) => finding.remedy !== 'run')).toEqual([])
  }
  const { exitCode, stderr } = await droplake(lake.folder, 'run')
  expect([0, 3], stderr).toContain(exitCode)
  expect(await lake.findings()).toEqual([])
  return {
    rows: await lake.query('select id, name, email, _line, _file_id from dw.t order by all'),
    rejects: await lake.query('select _file, _line, _reason from quarantine.t order by all'),
    files: await lake.query(
      'select name, outcome, loaded, updated, unchanged, quarantined from control.files order by all',
    ),
    replaced: await lake.query('select file_id, rows from control.replaced_rows order by all'),
    quarantine: (await lake.list('quarantine')).length,
  }
}

function killedAfter(lake: TempLake, delayMs: number): Promise<void> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [DROPLAKE, 'run'], { cwd: lake.folder, stdio: 'ignore' })
    const timer = setTimeout(() => child.kill('SIGKILL'), delayMs)
    child.on('close', () => {
      clearTimeout(timer)
      resolve()
    })
  })
}

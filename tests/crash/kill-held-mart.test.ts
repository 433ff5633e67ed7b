import { expect, test } from 'vitest'
import { DROPLAKE, runProgram } from '../helpers/run-cli.ts'
import { type TempLake, tempLake } from '../helpers/temp-lake.ts'

/** Durable calls of the run at which it is killed: before, at and after the commit. */
const KILLS = (process.env.DROPLAKE_FAULTS === 'whole' ? everyCall() : null) ?? [
  'syncFile:5',
  'publishFile:2',
  'publishFile:5',
]

function everyCall(): string[] {
  const points = ['syncFile', 'syncFolder', 'publishFile', 'writeTextFile', 'removePath', 'ensureFolder', 'moveFile']
  return points.flatMap((point) => Array.from({ length: 30 }, (_, index) => `${point}:${index + 1}`))
}

/** A run in which one mart is held back, another waits for it, and a third is committed. */
async function heldLake(): Promise<TempLake> {
  const table = {
    files: ['sales*'],
    columns: { id: { type: 'integer' }, shop: { type: 'string' } },
    primaryKey: ['id'],
  }
  const lake = await tempLake({
    config: {
      name: 'x',
      tables: { sales: table },
      marts: {
        held: { sql: 'held.sql', tests: { unique: ['shop'] } },
        waiting: { sql: 'waiting.sql' },
        fine: { sql: 'fine.sql', tests: { rowCount: { min: 1 } } },
      },
    },
    sql: {
      'held.sql': 'select id, shop from dw.sales order by id',
      'waiting.sql': 'select count(*) as shops from app.held',
      'fine.sql': 'select count(*) as sales from dw.sales',
    },
    uploads: { 'sales1.csv': '1,North\n2,South\n' },
  })
  await lake.run()
  await lake.drop({ 'sales2.csv': '3,North\n' })
  return lake
}

async function contentOf(lake: TempLake): Promise<unknown> {
  return {
    marts: [await lake.query('from app.held'), await lake.query('from app.waiting'), await lake.query('from app.fine')],
    sales: await lake.query('select id, shop from dw.sales order by id'),
    files: (await lake.list('lake', 'app')).length,
    inbox: await lake.list('quarantine', 'marts'),
    rows: await lake.read('quarantine', 'marts', 'held.csv'),
    report: await lake.read('reports', 'held.csv'),
    staging: await lake.list('lake', 'staging'),
    findings: await lake.findings(),
  }
}

test(
  'a run that holds a mart back, killed at any of its durable calls and repeated, ends in the same lake',
  async () => {
    const undisturbed = await heldLake()
    await undisturbed.run()
    const expected = await contentOf(undisturbed)
    expect(expected).toMatchObject({
      marts: [
        [
          ['1', 'North'],
          ['2', 'South'],
        ],
        [['2']],
        [['3']],
      ],
      rows: '_test,id,shop\nunique:shop,1,North\nunique:shop,3,North\n',
      findings: [],
    })
    for (const kill of KILLS) {
      const lake = await heldLake()
      const { exitCode } = await runProgram(
        'env',
        [`DROPLAKE_FAULT=${kill}:kill`, process.execPath, DROPLAKE, 'run'],
        lake.folder,
      )
      if (process.env.DROPLAKE_FAULTS !== 'whole') expect(exitCode, kill).toBeNull()
      const summary = await lake.run()
      expect(
        summary.marts.map((mart) => mart.heldBack !== null),
        kill,
      ).toEqual([true, false, true])
      expect(await contentOf(lake), `killed at ${kill}`).toEqual(expected)
    }
  },
  60_000 + KILLS.length * 20_000,
)

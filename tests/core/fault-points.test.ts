import { expect, test } from 'vitest'
import { FAULT_POINTS } from '../../core/fault-points.ts'
import { DROPLAKE, droplake, runProgram } from '../helpers/run-cli.ts'
import { PARENTS, tempLake } from '../helpers/temp-lake.ts'

const runWithFault = (folder: string, fault: string) =>
  runProgram('env', [`DROPLAKE_FAULT=${fault}`, process.execPath, DROPLAKE, 'run'], folder)

test('an unknown fault point is refused with the list of known ones', async () => {
  const lake = await tempLake()
  expect(await runWithFault(lake.folder, 'fsync:1:kill')).toMatchObject({
    exitCode: 2,
    stderr: `error USAGE: DROPLAKE_FAULT is "fsync:1:kill": there is no fault point "fsync"; known are ${FAULT_POINTS.join(', ')}\n`,
  })
})

test.each(['syncFile', 'syncFile:0:kill', 'syncFile:1:crash', 'syncFile:1:eio:2'])(
  'the fault %j is refused',
  async (fault) => {
    const lake = await tempLake()
    expect(await runWithFault(lake.folder, fault)).toMatchObject({
      exitCode: 2,
      stderr: `error USAGE: DROPLAKE_FAULT is "${fault}"; expected <point>:<n>:kill|enospc|eio, such as syncFile:3:kill\n`,
    })
  },
)

test('a fault that makes a durable call fail is told like the real one, and the run is noted as failed', async () => {
  const lake = await tempLake({ uploads: PARENTS })
  expect(await runWithFault(lake.folder, 'writeTextFile:2:enospc')).toMatchObject({
    exitCode: 1,
    stderr: expect.stringMatching(
      /error STORAGE_FAILED: the file system refused: ENOSPC: no space left on device, writeTextFile '.*'.*\ntry: Free space/,
    ),
  })
  expect(await lake.query('select status, error from control.runs')).toEqual([
    ['failed', expect.stringContaining('ENOSPC')],
  ])
  expect(await droplake(lake.folder, 'run')).toMatchObject({ exitCode: 0 })
})

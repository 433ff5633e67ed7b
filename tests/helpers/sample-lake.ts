import { cp, mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll } from 'vitest'
import { REPOSITORY, TempLake } from './temp-lake.ts'

/** The sample lake after its first run; all tests of a file look at the same one and leave it as it is. */
export function useSampleLake(): () => TempLake {
  let lake: TempLake | undefined
  beforeAll(async () => {
    lake = new TempLake(await mkdtemp(join(tmpdir(), 'droplake-sample-')), true)
    await mkdir(lake.path('workingArea'), { recursive: true })
    await cp(join(REPOSITORY, 'pipeline_config.json'), lake.path('pipeline_config.json'))
    await cp(join(REPOSITORY, 'pipeline', 'app', 'marts'), lake.path('pipeline', 'app', 'marts'), { recursive: true })
    await cp(join(REPOSITORY, 'samples', 'hires'), lake.path('workingArea', 'uploads'), {
      recursive: true,
      filter: (path) => !path.endsWith('.md') && !path.endsWith('.mjs') && !path.endsWith('.mts'),
    })
    await lake.run()
  })
  afterAll(() => rm(lake?.folder ?? '', { recursive: true, force: true }))
  return () => {
    if (lake === undefined) throw new Error('the sample lake is not there yet')
    return lake
  }
}

import { cp, mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'
import { fillLake, type TempLake, type TempLakeOptions } from './temp-lake.ts'

/**
 * A lake that is made when a test of the file first asks for it, and is given to each test that asks as it was made. It lies in one
 * place, because its views hold absolute paths: what a test did to it is taken away when the next one asks.
 *
 * @param prepare runs and whatever else belongs to it
 */
export function usePreparedLake(
  options: TempLakeOptions,
  prepare: (lake: TempLake) => Promise<unknown>,
): () => Promise<TempLake> {
  let made: { readonly parent: string; readonly lake: TempLake } | undefined
  afterAll(() => (made === undefined ? undefined : rm(made.parent, { recursive: true, force: true })))
  return async () => {
    if (made === undefined) {
      const parent = await mkdtemp(join(tmpdir(), 'droplake-prepared-'))
      const folder = join(parent, 'lake')
      await mkdir(folder)
      made = { parent, lake: await fillLake(folder, options) }
      await prepare(made.lake)
      await cp(folder, join(parent, 'kept'), { recursive: true, preserveTimestamps: true })
      return made.lake
    }
    const { parent, lake } = made
    await rm(lake.folder, { recursive: true, force: true })
    await cp(join(parent, 'kept'), lake.folder, { recursive: true, preserveTimestamps: true })
    return lake
  }
}

import { isLiveIn } from '../../control/stored-files.ts'
import type { Verification } from '../../control/verify/index.ts'
import type { LakeRows } from './rows/lake-tables.ts'

/** The live rows of a lake that is being verified. */
export function lakeRowsOf({ engine, layout, project, stored, version }: Verification): LakeRows {
  return { engine, layout, project, dataFiles: stored.filter((file) => isLiveIn(file, version)) }
}

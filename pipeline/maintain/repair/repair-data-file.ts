import { writeDataFile } from '../../../control/data-files.ts'
import type { Lake, Run } from '../../../control/lake.ts'
import type { DataFile, MartInput } from '../../../control/ledger.ts'
import { restoreDataFile } from '../../../control/restore-data-file.ts'
import { isLiveIn, type StoredFile } from '../../../control/stored-files.ts'
import { DroplakeError, messageOf } from '../../../core/errors.ts'
import type { Sql } from '../../../core/sql.ts'
import type { MartInputs } from '../../app/index.ts'
import { martInputsOf } from '../../mart-entries.ts'
import { martSource } from './mart-source.ts'
import { odsAdvice } from './ods-advice.ts'
import { compactionSource, tableSource } from './table-source.ts'

/** What became of one damaged data file: `what` was done, or `why` it could not be. */
export interface Outcome {
  readonly file: StoredFile
  readonly what: string | null
  readonly why: string | null
  /** A new file with the same rows, for versions from the next one on. */
  readonly replacement: DataFile | null
  /** What the new file of a mart was made of. */
  readonly martInputs?: readonly MartInput[]
}

export interface Damage {
  readonly file: StoredFile
  /** Every data file that a kept version needs. */
  readonly stored: readonly StoredFile[]
  /** Paths of the damaged ones that are not whole again. */
  readonly broken: ReadonlySet<string>
  /** What became of those that came before. */
  readonly replaced: readonly Outcome[]
  /** A mart whose bytes are as recorded, but not the rows of its SQL. */
  readonly isWholeButWrong: boolean
}

/** From what the rows of a data file can be had again. */
export interface Source {
  readonly query: Sql
  /** `from ODS` */
  readonly from: string
  /** The rows are known to be right even if their bytes come out otherwise. */
  readonly isExact: boolean
  /** Of a mart: its fingerprint over the files that it was made of, and their names. */
  readonly mart?: { readonly fingerprint: string; readonly inputs: MartInputs }
}

/** Make a damaged data file again, or say why that cannot be done. */
export async function repairDataFile(lake: Lake, run: Run, damage: Damage): Promise<Outcome> {
  try {
    const source = await sourceOf(lake, damage)
    return typeof source === 'string' ? unrepaired(damage, source) : await makeAgain(lake, run, damage, source)
  } catch (error) {
    if (!(error instanceof DroplakeError)) throw error
    return unrepaired(damage, `making it again failed: ${messageOf(error).split('\n', 1)[0]}`)
  }
}

/** @returns a sentence when there is no source */
async function sourceOf(lake: Lake, damage: Damage): Promise<Source | string> {
  switch (damage.file.layer) {
    case 'ods':
      return odsAdvice(lake, damage.file)
    case 'rejects':
      return (
        (await compactionSource(lake, damage)) ??
        'the reasons of refused records are kept nowhere else; roll back to before its run and drop its uploads again'
      )
    case 'outcomes':
      return (
        (await compactionSource(lake, damage)) ??
        'what became of quarantined records is kept nowhere else; roll back to before its run and do again what it did'
      )
    case 'replaced':
    case 'closed':
      return (
        (await compactionSource(lake, damage)) ??
        'what takes the place of which row is kept nowhere else; roll back to before its run and drop its uploads again'
      )
    case 'dw':
      return (await compactionSource(lake, damage)) ?? tableSource(lake, damage)
    case 'app':
      return martSource(lake, damage)
  }
}

async function makeAgain(lake: Lake, run: Run, damage: Damage, source: Source): Promise<Outcome> {
  const { file, replaced, isWholeButWrong } = damage
  const done = { file, why: null, replacement: null }
  if (!isWholeButWrong && (await restoreDataFile(lake, run, file, source.query)))
    return { ...done, what: `it was made again ${source.from}, with the same bytes` }
  if (!isLiveIn(file, lake.state.version))
    return unrepaired(
      damage,
      `only older versions need it, and ${source.from} it does not come out with the same bytes`,
    )
  if (!source.isExact)
    return unrepaired(
      damage,
      `${source.from} it does not come out with the same bytes, and the config has changed since`,
    )
  const { layer, tableName } = file
  const part = `repair-${replaced.length + 1}`
  const fingerprint = source.mart === undefined ? {} : { fingerprint: source.mart.fingerprint }
  const replacement = await writeDataFile(lake, run, { layer, tableName, part, ...fingerprint }, source.query)
  if (replacement === null) return unrepaired(damage, `${source.from} it has no rows; expected ${file.rows}`)
  return {
    ...done,
    what: `${replacement.path} takes its place, made ${source.from}; older versions still have the damaged one`,
    replacement,
    ...(source.mart === undefined ? {} : { martInputs: martInputsOf(replacement.path, source.mart.inputs) }),
  }
}

function unrepaired({ file }: Damage, why: string): Outcome {
  return { file, what: null, why, replacement: null }
}

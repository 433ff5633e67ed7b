import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { writeTextFile } from '../../core/durable-files.ts'
import { isSystemError } from '../../core/errors.ts'
import type { InboxCsv } from '../inbox/plan-inbox.ts'
import type { FileIdentity } from '../uploads/index.ts'

/**
 * What is to be done once a run is committed. It is written down before the commit, so that whoever finishes a run that
 * was killed after its commit does exactly the same.
 */
export interface DeliveryPlan {
  /** Uploads that leave the drop folder; refused ones with the text that tells why. `copy`: the run's own, absolute. */
  readonly moves: readonly {
    readonly name: string
    readonly identity: FileIdentity
    readonly copy: string | null
    readonly refusal: string | null
  }[]
  /** CSVs of the inbox that are made, altered or taken away. */
  readonly inbox: readonly InboxCsv[]
  /** SHA-256 of the corrections that the run has taken. */
  readonly corrections?: readonly string[]
  /** Reports to write: a CSV per mart. `martPath` relative to the lake folder. */
  readonly reports: readonly { readonly martName: string; readonly martPath: string }[]
  /** Marts that are no more; their reports go. */
  readonly goneMarts: readonly string[]
  /**
   * Marts whose tests failed, all of the run; the CSVs of others go. `rowsPaths`: Parquet in the run's folder, absolute. Absent
   * where a command tests no mart.
   */
  readonly failingMarts?: readonly { readonly martName: string; readonly rowsPaths: readonly string[] }[]
  /** What is told of anomalies may have changed; it has where a CSV of the inbox has. */
  readonly anomalies?: boolean
  /** Files that no kept version needs any more, relative to the lake folder: a vacuum takes them away. */
  readonly deletions?: readonly string[]
}

export const EMPTY_PLAN: DeliveryPlan = { moves: [], inbox: [], reports: [], goneMarts: [] }

export async function writePlan(runFolder: string, plan: DeliveryPlan): Promise<void> {
  await writeTextFile(join(runFolder, 'delivery.json'), JSON.stringify(plan))
}

/** The plan in a run's folder, or undefined when the run has none. */
export async function readPlan(runFolder: string): Promise<DeliveryPlan | undefined> {
  try {
    return JSON.parse(await readFile(join(runFolder, 'delivery.json'), 'utf8')) as DeliveryPlan
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return undefined
    throw error
  }
}

import type { BackupSource, OnRows } from '../../control/row-source.ts'
import type { TableConfig } from '../../core/config/schema.ts'

/** What someone wants to be restored. */
export interface RestoreRequest {
  /** The table whose backup it is. */
  readonly table: string
  /** The table that gets its rows; null: the same. */
  readonly as: string | null
  /** Rows that break the contract go to quarantine. */
  readonly quarantine: boolean
  /** Rows that refer to nothing do not stop it. */
  readonly force: boolean
  readonly openSource: (table: TableConfig) => Promise<BackupSource>
  readonly onRows: OnRows
}

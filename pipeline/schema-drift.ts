import type { Config } from '../core/config/schema.ts'
import type { RawFile } from './ods/index.ts'

/** How the columns of an upload differ from its table's. */
export interface SchemaDrift {
  readonly file: string
  readonly table: string
  /** Columns that the table does not have; they are kept in ODS and in quarantine, as `_extra`. */
  readonly extra: readonly string[]
  /** Columns of the table that are not there. */
  readonly missing: readonly string[]
  /** Columns that are written otherwise than in the contract. */
  readonly renamed: readonly { readonly found: string; readonly column: string }[]
}

/** @returns undefined when the columns are those of the contract, or what differs is to be ignored */
export function findDrift({ upload, dialect }: RawFile, tables: Config['tables']): SchemaDrift | undefined {
  if (upload.isCorrection) return undefined
  const extra = tables[upload.tableName]?.onExtraColumns === 'ignore' ? [] : dialect.extra
  const { missing, renamed } = dialect.format === 'csv' ? dialect : { missing: [], renamed: [] }
  if (extra.length + missing.length + renamed.length === 0) return undefined
  return { file: upload.name, table: upload.tableName, extra, missing, renamed }
}

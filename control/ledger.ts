import type { Severity } from '../core/config/rule-schema.ts'
import type { EngineRow } from '../core/engine.ts'
import { readSql, type Sql } from '../core/sql.ts'
import type { Layer } from './layout.ts'

/** Layout of the files on disk. A change of it is the next number and is told in CHANGELOG.md. */
export const LAKE_FORMAT = 4

export const LEDGER_SQL: Sql = readSql(import.meta.url, './ledger.sql')

export type RunStatus = 'committed' | 'failed' | 'interrupted' | 'rolled_back'

/** What happened to the records of a file, a table or a run: records = loaded + updated + unchanged + quarantined. */
export interface Counts {
  readonly records: number
  readonly loaded: number
  readonly updated: number
  readonly unchanged: number
  readonly quarantined: number
}

export const NO_COUNTS: Counts = { records: 0, loaded: 0, updated: 0, unchanged: 0, quarantined: 0 }

export interface RunEntry extends Counts {
  readonly runId: number
  readonly version: number
  readonly status: RunStatus
  readonly startedAt: Date
  readonly endedAt: Date | null
  readonly files: number
  readonly refused: number
  readonly duplicates: number
  readonly error: string | null
  readonly droplakeVersion: string
  readonly configHash: string
  /** The command that the run was, `run` when absent: `rollback 41`. */
  readonly command?: string
}

export interface FileEntry extends Counts {
  readonly fileId: string
  readonly runId: number
  readonly name: string
  readonly tableName: string | null
  readonly bytes: number | null
  readonly sha256: string | null
  readonly outcome: 'loaded' | 'duplicate' | 'refused' | 'restored'
  readonly blank: number
  readonly duplicateOf: string | null
  /** JSON */
  readonly dialect: string | null
  readonly reason: string | null
}

/**
 * Records of a file that were in quarantine and have been judged again: brought by an upload that corrects them, or, when
 * that is null, tried again because they waited or someone asked for it. Rows that a repair has moved to quarantine are
 * `loaded` a negative number of times, and `quarantined` where they had not been refused before.
 */
export interface ReturnEntry {
  readonly runId: number
  readonly tableName: string
  /** The file that they came with at first. */
  readonly fileId: string
  readonly byFileId: string | null
  readonly loaded: number
  readonly updated: number
  readonly unchanged: number
  readonly quarantined: number
  /** Of the quarantined ones, those that have got a new entry: with other reasons, or other values. */
  readonly newEntries: number
}

export interface StepEntry {
  readonly runId: number
  readonly stage: 'ods' | 'dw' | 'app'
  readonly target: string
  readonly rowsIn: number
  readonly rowsOut: number
  readonly durationMs: number
}

export interface RuleResult {
  readonly runId: number
  readonly tableName: string
  readonly rule: string
  readonly severity: Severity
  readonly records: number
  readonly exampleFile: string
  readonly exampleLine: number
}

/** Rows of one upload whose place records of a run have taken. */
export interface ReplacedEntry {
  readonly runId: number
  readonly tableName: string
  readonly fileId: string
  readonly rows: number
}

export interface DataFile {
  /** Relative to the lake folder, with `/`. */
  readonly path: string
  readonly layer: Layer
  readonly tableName: string
  readonly runId: number
  readonly rows: number
  readonly bytes: number
  readonly sha256: string
  readonly fingerprint: string | null
  readonly addedIn: number
}

/** A data file as a row of `control.data_files` tells it. */
export function dataFileOf(row: EngineRow): DataFile {
  return {
    path: row.path as string,
    layer: row.layer as Layer,
    tableName: row.table_name as string,
    runId: row.run_id as number,
    rows: row.rows as number,
    bytes: row.bytes as number,
    sha256: row.sha256 as string,
    fingerprint: row.fingerprint as string | null,
    addedIn: row.added_in as number,
  }
}

/** What one run adds to the ledger. */
export interface LedgerEntries {
  readonly runs: readonly RunEntry[]
  readonly files: readonly FileEntry[]
  readonly steps: readonly StepEntry[]
  readonly ruleResults: readonly RuleResult[]
  readonly dataFiles: readonly DataFile[]
  /** Paths of data files that are no longer live from this version on; one that is in `dataFiles`, too, begins a new range. */
  readonly removed: readonly string[]
  readonly returns?: readonly ReturnEntry[]
  readonly undo?: UndoEntries
  readonly replacedRows?: readonly ReplacedEntry[]
  readonly vacuums?: readonly VacuumEntry[]
  readonly freshness?: readonly Freshness[]
  readonly martInputs?: readonly MartInput[]
  readonly martTests?: readonly MartTestEntry[]
  readonly martResults?: readonly MartResultEntry[]
  readonly backups?: readonly (BackupEntry & { readonly runId: number })[]
  /** Paths of backups that are no more. */
  readonly goneBackups?: readonly string[]
  readonly restores?: readonly RestoreEntry[]
}

/** How old the newest value of a table's column was when a run left it. */
export interface Freshness {
  readonly runId: number
  readonly tableName: string
  readonly columnName: string
  /** As SQL writes it; null when the column has no value. */
  readonly newest: string | null
  /** From the newest value, a date from its midnight (UTC), to the run's start; below 0 for a value to come. */
  readonly ageSeconds: number | null
  readonly maxAgeSeconds: number
  readonly isFresh: boolean
}

/** A table or mart, `dw.employees` or `app.hires`, that the data file of a mart was made of. */
export interface MartInput {
  readonly path: string
  readonly input: string
}

export interface MartTestEntry {
  readonly runId: number
  readonly martName: string
  readonly test: string
  /** 0 when the test holds; then there is neither a sentence nor an example. */
  readonly failingRows: number
  readonly found: string | null
  /** JSON */
  readonly example: string | null
}

/** What became of a mart in a run that asked for it. */
export interface MartResultEntry {
  readonly runId: number
  readonly martName: string
  readonly outcome: 'new' | 'unchanged' | 'held_back'
  /** Held back: why. */
  readonly reason: string | null
}

/** Numbers of runs whose status a rollback changes. */
export interface UndoEntries {
  readonly undone: readonly number[]
  readonly redone: readonly number[]
}

export interface VacuumEntry {
  readonly runId: number
  readonly oldestVersion: number
  readonly files: number
  readonly bytes: number
}

/** A backup of a table: the file, and what it holds. */
export interface BackupEntry {
  readonly tableName: string
  readonly version: number
  /** The run that made the version. */
  readonly dataRun: number
  /** Absolute. */
  readonly path: string
  readonly rows: number
  readonly bytes: number
  readonly codec: string
  /** SHA-256 over the encoded rows. */
  readonly digest: string
  readonly madeAt: Date
}

/** A table that got its rows back from a backup. */
export interface RestoreEntry {
  readonly runId: number
  readonly tableName: string
  readonly path: string
  /** Of the lake that the backup is of; null for a file of another program. */
  readonly version: number | null
  readonly digest: string
  readonly rows: number
  /** Rows that refer to nothing, loaded all the same. */
  readonly orphans: number
}

/** The sum of several counts. */
export function sumCounts(all: readonly Counts[]): Counts {
  const sum = (key: keyof Counts) => all.reduce((total, counts) => total + counts[key], 0)
  return {
    records: sum('records'),
    loaded: sum('loaded'),
    updated: sum('updated'),
    unchanged: sum('unchanged'),
    quarantined: sum('quarantined'),
  }
}

import { DroplakeError } from '../../core/errors.ts'
import type { SqlValue } from '../../core/sql.ts'

/** Names of the tables (`dw.<name>`) and marts (`app.<name>`) that a mart reads, as the config writes them, sorted. */
export interface MartInputs {
  readonly tables: readonly string[]
  readonly marts: readonly string[]
}

/** One SELECT of a person, with the values of the parameters that it uses. */
export interface SelectText {
  readonly text: string
  readonly parameters: Readonly<Record<string, SqlValue>>
}

/** A SELECT of what is wrong with a mart; it holds when there is none. */
export interface MartTest extends SelectText {
  /** `unique:department,job`, `not_null:department`, `row_count`, `sql:<name>` */
  readonly name: string
  /** What it finds, to follow a number of rows: `without "department"`. */
  readonly finding: string
}

/** A column of a mart as the engine knows it; `type` is DuckDB's: `DECIMAL(10,2)`. */
export interface MartColumn {
  readonly name: string
  readonly type: string
}

/** A mart's SQL, what it reads and what must hold of its rows. */
export interface MartQuery extends SelectText {
  readonly martName: string
  /** Its file, relative to the project; for messages. */
  readonly path: string
  /** What the SQL and the tests read; the mart itself is not among it. */
  readonly inputs: MartInputs
  /** Its rows depend on more than its inputs: the time, chance, or files of its own. */
  readonly isFickle: boolean
  readonly tests: readonly MartTest[]
  readonly columns: readonly MartColumn[]
}

/** `pipeline/app/marts/hires.sql` of which mart, for messages: `mart "hires" (pipeline/app/marts/hires.sql)`. */
export function martPlace(martName: string, path: string): string {
  return `mart "${martName}" (${path})`
}

/** @param place whose SQL it is, as `martPlace` */
export function martInvalid(place: string, found: string, cause?: unknown): DroplakeError {
  return new DroplakeError('MART_INVALID', `${place}: ${found}`, {
    cause,
    hint: 'Correct the SQL file and run again; nothing was changed.',
  })
}

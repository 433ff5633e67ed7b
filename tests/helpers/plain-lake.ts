import {
  isMalformed,
  type OnConflict,
  type PlainContract,
  type PlainCorrection,
  type PlainCounts,
  type PlainRecord,
  type PlainRun,
  PlainTable,
} from './plain-table.ts'

/** When a file is refused as a whole. */
export interface PlainLimits {
  readonly maxRejects?: number | string
  readonly rowCount?: { readonly min?: number; readonly max?: number }
  /** Rules whose severity is `refuse`. */
  readonly refusing?: readonly string[]
}

export interface PlainLakeTable {
  readonly contract: PlainContract
  readonly onConflict: OnConflict
  readonly limits: PlainLimits
}

/** An upload; `records` is null when its header does not fit its table. */
export interface PlainUpload {
  readonly name: string
  readonly table: string
  readonly text: string
  readonly records: readonly PlainRecord[] | null
}

/** Open records that a run judges again: those of one table, of all, or none. */
export type PlainRetry = { readonly table: string | null } | null

export interface PlainLakeRun {
  readonly run: number
  readonly startedAt: Date
  /** In the order of their names. */
  readonly uploads: readonly PlainUpload[]
  /** By table: the name of the CSV, and what it corrects. */
  readonly corrections: ReadonlyMap<string, { readonly name: string; readonly chosen: readonly PlainCorrection[] }>
  readonly retry: PlainRetry
}

/** The line of an upload in the ledger. `code` says why a file was refused. */
export interface PlainOutcome extends PlainCounts {
  readonly table: string
  readonly outcome: 'loaded' | 'duplicate' | 'refused'
  readonly records: number
  readonly code: string
}

interface KnownUpload {
  readonly run: number
  readonly records: number
}

const NO_COUNTS: PlainCounts = { loaded: 0, updated: 0, unchanged: 0, quarantined: 0 }

/** Several tables with references between them, loaded table after table and record after record, without SQL. */
export class PlainLake {
  readonly #config: readonly PlainLakeTable[]
  readonly #tables: Map<string, PlainTable>
  /** Contents that the lake has loaded, by table and text. */
  readonly #known: Map<string, KnownUpload>

  /** @param config parents before the tables that refer to them */
  constructor(config: readonly PlainLakeTable[]) {
    this.#config = config
    this.#tables = new Map(config.map(({ contract }) => [contract.name, new PlainTable(contract)]))
    this.#known = new Map()
  }

  /** A copy that changes apart from this one. */
  clone(): PlainLake {
    const copy = new PlainLake(this.#config)
    for (const [name, table] of this.#tables) copy.#tables.set(name, table.clone())
    for (const [key, known] of this.#known) copy.#known.set(key, known)
    return copy
  }

  table(name: string): PlainTable {
    return this.#tables.get(name) as PlainTable
  }

  /** @returns the outcome of each upload, by its name */
  run(run: PlainLakeRun): Map<string, PlainOutcome> {
    const outcomes = new Map<string, PlainOutcome>()
    for (const { contract, onConflict, limits } of this.#config) {
      const { name } = contract
      const isRetry = run.retry !== null && (run.retry.table ?? name) === name
      const hasRow: PlainRun['hasRow'] = (table, key) => this.table(table).hasRow(key)
      const plainRun = { run: run.run, startedAt: run.startedAt, onConflict, hasRow, isRetry }
      this.#loadTable(name, limits, run, plainRun, outcomes)
    }
    return outcomes
  }

  #loadTable(
    name: string,
    limits: PlainLimits,
    { uploads, corrections }: PlainLakeRun,
    run: PlainRun,
    outcomes: Map<string, PlainOutcome>,
  ): void {
    const refuse = (upload: PlainUpload, code: string) =>
      outcomes.set(upload.name, { ...NO_COUNTS, table: name, outcome: 'refused', records: 0, code })
    const first = new Map<string, PlainUpload>()
    const others: PlainUpload[] = []
    for (const upload of uploads.filter(({ table }) => table === name)) {
      const known = this.#known.get(keyOf(upload))
      const failure = failureOf(upload)
      if (known !== undefined) outcomes.set(upload.name, duplicate(name, known.records))
      else if (failure !== null) refuse(upload, failure)
      else if (first.has(keyOf(upload))) others.push(upload)
      else first.set(keyOf(upload), upload)
    }
    const refused = new Map<string, string>()
    for (const [key, { records }] of first)
      if (breaksRowCount(limits, recordsOf(records))) refused.set(key, 'FILE_ROW_COUNT')
    const correction = corrections.get(name)
    for (;;) {
      const trial = this.table(name).clone()
      const corrected = trial.takeBack(correction?.chosen ?? [], run)
      const loaded = [...first]
        .filter(([key]) => !refused.has(key))
        .map(([key, upload]) => [key, judge(trial, upload, run)] as const)
      const refusals = refusalsOf(loaded, limits)
      for (const [key, code] of refusals) refused.set(key, code)
      if (refusals.size > 0) continue
      this.#tables.set(name, trial)
      for (const [key, { upload, counts }] of loaded) {
        const records = recordsOf(upload.records)
        outcomes.set(upload.name, { ...counts, table: name, outcome: 'loaded', records, code: '' })
        this.#known.set(key, { run: run.run, records })
      }
      if (correction !== undefined)
        outcomes.set(correction.name, {
          ...corrected,
          table: name,
          outcome: 'loaded',
          records: correction.chosen.length,
          code: '',
        })
      break
    }
    for (const [key, code] of refused) refuse(first.get(key) as PlainUpload, code)
    for (const upload of others) {
      const code = refused.get(keyOf(upload))
      if (code !== undefined) refuse(upload, code)
      else outcomes.set(upload.name, duplicate(name, recordsOf(upload.records)))
    }
  }

  /** Whether every reference of every row, of all versions, names a row. */
  get isConnected(): boolean {
    return this.#config.every(({ contract: { name, references } }) =>
      this.table(name).rows.every(({ record }) =>
        references.every(({ columns, table }) => {
          const key = columns.map((column) => record[column] ?? '')
          return key.includes('') || this.table(table).hasRow(key)
        }),
      ),
    )
  }

  /** Whether a restore of the table's rows keeps what the ledger says of them: the runs of their files still count. */
  knowsFilesOf(table: PlainTable): boolean {
    const runs = new Set([...this.#known.values()].map(({ run }) => run))
    return table.rows.every(({ origin }) => runs.has(origin.run))
  }

  /** Give a table the rows of a copy; its quarantine stays as it is. */
  restore(name: string, from: PlainTable): void {
    this.table(name).rows = from.clone().rows
  }
}

interface Judged {
  readonly upload: PlainUpload
  readonly counts: PlainCounts
  /** Rules broken by each quarantined record. */
  readonly broken: readonly (readonly string[])[]
}

function judge(table: PlainTable, upload: PlainUpload, run: PlainRun): Judged {
  const broken: (readonly string[])[] = []
  const counts = table.load({ name: upload.name, records: upload.records ?? [] }, run, (rules) => broken.push(rules))
  return { upload, counts, broken }
}

/** Files that are refused for what is in their records: at once for their own faults, one after another for keys. */
function refusalsOf(loaded: readonly (readonly [string, Judged])[], limits: PlainLimits): Map<string, string> {
  const isOwn = (rule: string) => !rule.startsWith('unique:')
  const codes = (only: (rule: string) => boolean) =>
    loaded.flatMap(([key, judged]): [string, string][] => {
      const code = refusalOf(judged, limits, only)
      return code === null ? [] : [[key, code]]
    })
  const own = codes(isOwn)
  return new Map(own.length > 0 ? own : codes(() => true).slice(0, 1))
}

/** @param only the rules that count */
function refusalOf({ upload, broken }: Judged, limits: PlainLimits, only: (rule: string) => boolean): string | null {
  const counted = broken.map((rules) => rules.filter(only)).filter((rules) => rules.length > 0)
  if (counted.flat().some((rule) => limits.refusing?.includes(rule))) return 'FILE_RULE_BROKEN'
  return exceeds(limits, counted.length, recordsOf(upload.records)) ? 'FILE_REJECTS_EXCEEDED' : null
}

function exceeds({ maxRejects }: PlainLimits, rejects: number, records: number): boolean {
  if (maxRejects === undefined) return false
  return typeof maxRejects === 'number' ? rejects > maxRejects : rejects * 100 > Number.parseFloat(maxRejects) * records
}

function breaksRowCount({ rowCount }: PlainLimits, records: number): boolean {
  return records < (rowCount?.min ?? 0) || records > (rowCount?.max ?? Number.POSITIVE_INFINITY)
}

/** Why a file cannot be read at all; null when it can. */
function failureOf({ records }: PlainUpload): string | null {
  if (records === null) return 'CSV_HEADER_MISMATCH'
  return records.length > 0 && records.every((record) => isMalformed(record)) ? 'CSV_NO_RECORD_FITS' : null
}

function duplicate(table: string, records: number): PlainOutcome {
  return { ...NO_COUNTS, table, outcome: 'duplicate', records, unchanged: records, code: '' }
}

function keyOf({ table, text }: PlainUpload): string {
  return `${table}\n${text}`
}

function recordsOf(records: PlainUpload['records']): number {
  return records?.length ?? 0
}

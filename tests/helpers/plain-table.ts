/** How a table of a property test takes a key that is there already. */
export type OnConflict = 'reject' | 'ignore' | 'update' | 'history'

/** A record as text, by column; an empty text is missing. With `SURPLUS` it has a field too many. */
export type PlainRecord = Readonly<Record<string, string>>

/** The name under which a record has a field that its file has no column for. */
export const SURPLUS = '_surplus'

export interface PlainReference {
  readonly columns: readonly string[]
  readonly table: string
  /** A record whose parent is not there waits for it. */
  readonly canDefer: boolean
}

/** What a table expects of its records. Columns of its key are required, the others are optional. */
export interface PlainContract {
  readonly name: string
  readonly columns: Readonly<Record<string, 'integer' | 'string'>>
  readonly key: readonly string[]
  readonly unique: readonly (readonly string[])[]
  readonly references: readonly PlainReference[]
}

export interface PlainFile {
  readonly name: string
  readonly records: readonly PlainRecord[]
}

/** Where a record came first. */
export interface PlainOrigin {
  readonly run: number
  readonly file: string
  readonly line: number
}

/** A version of a row: which record it stands for, the run that loaded it, and when it is valid, in microseconds since 1970. */
export interface PlainRow {
  readonly record: PlainRecord
  readonly origin: PlainOrigin
  readonly loadedIn: number
  readonly validFrom: bigint
  /** Null: it is the current one. */
  validTo: bigint | null
}

/** A record in quarantine. */
export interface PlainEntry {
  readonly record: PlainRecord
  readonly origin: PlainOrigin
  readonly rules: readonly string[]
  readonly reasons: readonly string[]
  readonly status: 'open' | 'waiting' | 'released'
}

export interface PlainCounts {
  loaded: number
  updated: number
  unchanged: number
  quarantined: number
}

/** What a run is, for a table. */
export interface PlainRun {
  readonly run: number
  readonly startedAt: Date
  readonly onConflict: OnConflict
  /** Whether a table that is referred to has a row of this key. */
  readonly hasRow: (table: string, key: readonly string[]) => boolean
  /** Open records are judged again, too. */
  readonly isRetry?: boolean
}

/** An entry that someone has corrected: its record as it is now. */
export interface PlainCorrection {
  readonly entry: PlainEntry
  readonly record: PlainRecord
}

export const addressOf = ({ file, line }: PlainOrigin) => `${file}:${line}`

const NO_COUNTS: PlainCounts = { loaded: 0, updated: 0, unchanged: 0, quarantined: 0 }

/** The rule that a record breaks, and why. */
type Fault = readonly [rule: string, reason: string]

/**
 * A table loaded record after record, as one would do it by hand: written apart from droplake's SQL, to be compared with it.
 */
export class PlainTable {
  readonly contract: PlainContract
  rows: PlainRow[] = []
  /** By address: the newest entry of each record. */
  readonly entries = new Map<string, PlainEntry>()

  constructor(contract: PlainContract) {
    this.contract = contract
  }

  /** A copy that changes apart from this one. */
  clone(): PlainTable {
    const copy = new PlainTable(this.contract)
    copy.rows = this.rows.map((row) => ({ ...row }))
    for (const [address, entry] of this.entries) copy.entries.set(address, entry)
    return copy
  }

  get currentRows(): PlainRow[] {
    return this.rows.filter((row) => row.validTo === null)
  }

  /** Records of the quarantine that someone could correct, those that came first before the others. */
  get held(): PlainEntry[] {
    return [...this.entries.values()].filter((entry) => entry.status !== 'released').sort(byOrigin)
  }

  hasRow(key: readonly string[]): boolean {
    return this.currentRows.some(({ record }) => this.contract.key.every((name, index) => record[name] === key[index]))
  }

  /**
   * What comes back out of quarantine, before the uploads of a run: what was corrected, all that waits, and in a retry what is open.
   *
   * @returns the outcome of the corrected ones
   */
  takeBack(corrections: readonly PlainCorrection[], run: PlainRun): PlainCounts {
    const counts = { ...NO_COUNTS }
    for (const entry of this.held) {
      const correction = corrections.find((one) => one.entry === entry)
      const isTried = entry.status === 'waiting' || (run.isRetry === true && !isMalformed(entry.record))
      if (correction === undefined && !isTried) continue
      const outcome = this.#take(correction?.record ?? entry.record, entry.origin, run).outcome
      if (outcome !== 'quarantined') this.entries.set(addressOf(entry.origin), { ...entry, status: 'released' })
      if (correction !== undefined) counts[outcome]++
    }
    return counts
  }

  /** @param onQuarantined gets the rules that each quarantined record breaks */
  load(file: PlainFile, run: PlainRun, onQuarantined: (rules: readonly string[]) => void = () => {}): PlainCounts {
    const counts = { ...NO_COUNTS }
    file.records.forEach((record, index) => {
      // The header is line 1.
      const { outcome, rules } = this.#take(record, { run: run.run, file: file.name, line: index + 2 }, run)
      counts[outcome]++
      if (outcome === 'quarantined') onQuarantined(rules)
    })
    return counts
  }

  #take(
    record: PlainRecord,
    origin: PlainOrigin,
    run: PlainRun,
  ): { readonly outcome: keyof PlainCounts; readonly rules: readonly string[] } {
    const { name, columns, key } = this.contract
    const { onConflict } = run
    const own = this.#ownFaults(record, run)
    const values = this.#valuesOf(record)
    const keyOf = (names: readonly string[], of: PlainRecord) => names.map((column) => of[column] ?? '')
    const sharesWith = (names: readonly string[]) => (row: PlainRow) =>
      keyOf(names, values).every((value, index) => value !== '' && value === row.record[names[index] ?? ''])
    const former = this.currentRows.find(sharesWith(key))
    const isSame =
      former !== undefined && Object.keys(columns).every((column) => former.record[column] === record[column])
    if (own.length === 0 && isSame && onConflict !== 'reject') return { outcome: 'unchanged', rules: [] }
    const mayReplace = onConflict === 'update' || onConflict === 'history'
    const faults = [...own]
    const shown = (names: readonly string[]) => names.map((column) => `${column} "${record[column]}"`).join(', ')
    const taken = (names: readonly string[], by: PlainRow): Fault => [
      `unique:${names.join()}`,
      `${shown(names)} is in ${name} already (${addressOf(by.origin)})`,
    ]
    if (former !== undefined && !mayReplace) faults.push(taken(key, former))
    if (former !== undefined && mayReplace && byOrigin({ origin }, former) < 0)
      faults.push([
        `late:${key.join()}`,
        `${shown(key)}: a newer record has loaded since (${addressOf(former.origin)}), so discard this one, or drop it as a new upload if it is right`,
      ])
    for (const names of this.contract.unique) {
      const other = this.currentRows.find((row) => sharesWith(names)(row) && !(mayReplace && row === former))
      if (other !== undefined) faults.push(taken(names, other))
    }
    if (faults.length > 0) {
      const [rules, reasons] = [faults.map(([rule]) => rule), faults.map(([, reason]) => reason)]
      const status = rules.every((rule) => this.#canDefer(rule)) ? 'waiting' : 'open'
      this.entries.set(addressOf(origin), { record, origin, rules, reasons, status })
      return { outcome: 'quarantined', rules }
    }
    this.#add(record, origin, run, former)
    return { outcome: former === undefined ? 'loaded' : 'updated', rules: [] }
  }

  /** A version is valid from the start of its run, and always later than the one before it. */
  #add(record: PlainRecord, origin: PlainOrigin, run: PlainRun, former: PlainRow | undefined): void {
    const start = BigInt(run.startedAt.getTime()) * 1000n
    const validFrom = former === undefined || former.validFrom < start ? start : former.validFrom + 1n
    if (former !== undefined && run.onConflict === 'update') this.rows = this.rows.filter((row) => row !== former)
    if (former !== undefined) former.validTo = validFrom
    this.rows.push({ record, origin, loadedIn: run.run, validFrom, validTo: null })
  }

  #canDefer(rule: string): boolean {
    return this.contract.references.some(({ columns, canDefer }) => canDefer && rule === `reference:${columns.join()}`)
  }

  /** Values by column, empty where the text is none of its type. */
  #valuesOf(record: PlainRecord): PlainRecord {
    const columns = Object.entries(this.contract.columns)
    return Object.fromEntries(
      columns.map(([name, type]) => [
        name,
        isMalformed(record) || !isOfType(record[name], type) ? '' : (record[name] ?? ''),
      ]),
    )
  }

  /** What a record breaks by itself, or by what it refers to. */
  #ownFaults(record: PlainRecord, { hasRow }: PlainRun): Fault[] {
    if (isMalformed(record)) return [['malformed', '']]
    const { columns, key, references } = this.contract
    const values = this.#valuesOf(record)
    const required = key
      .filter((name) => record[name] === '')
      .map((name): Fault => [`required:${name}`, `${name} is missing`])
    const types = Object.entries(columns)
      .filter(([name, type]) => !isOfType(record[name], type))
      .map(
        ([name]): Fault => [
          `type:${name}`,
          `${name} "${record[name]}" is not an integer such as 42 (from -2147483648 to 2147483647)`,
        ],
      )
    const missing = references
      .filter(({ columns: names, table }) => {
        const named = names.map((name) => values[name] ?? '')
        return named.every((value) => value !== '') && !hasRow(table, named)
      })
      .map(
        ({ columns: names, table }): Fault => [
          `reference:${names.join()}`,
          `${names.map((name) => `${name} "${record[name]}"`).join(', ')} is not in ${table}`,
        ],
      )
    return [...required, ...types, ...missing]
  }
}

export function isMalformed(record: PlainRecord): boolean {
  return record[SURPLUS] !== undefined
}

function isOfType(text: string | undefined, type: 'integer' | 'string'): boolean {
  return text === undefined || text === '' || type === 'string' || /^\d+$/.test(text)
}

/** Whose record came first. */
function byOrigin({ origin: a }: { readonly origin: PlainOrigin }, { origin: b }: { readonly origin: PlainOrigin }) {
  return a.run - b.run || (a.file === b.file ? a.line - b.line : a.file < b.file ? -1 : 1)
}

/** How the table of the property test takes a key that is there already. */
export type OnConflict = 'reject' | 'ignore' | 'update' | 'history'

/** A record as text: `n` must be an integer, the others may be empty; `k` is the key, and `p` refers to a parent. */
export interface PlainRecord {
  readonly k: string
  readonly a: string
  readonly n: string
  readonly e: string
  readonly p: string
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

/** A version of a row: which record it stands for, and whether it is the one that counts. */
export interface PlainRow extends PlainRecord {
  readonly origin: PlainOrigin
  isCurrent: boolean
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
  readonly onConflict: OnConflict
  /** Keys that `p` may name. */
  readonly parents: readonly string[]
  /** Whether a record that names another key waits, or is open. */
  readonly onMissing: 'hold' | 'reject'
}

/** An entry that someone has corrected: its record as it is now. */
export interface PlainCorrection {
  readonly entry: PlainEntry
  readonly record: PlainRecord
}

export const addressOf = ({ file, line }: PlainOrigin) => `${file}:${line}`

/** A row of a correction that names no open record. */
export interface PlainRefusal {
  readonly record: PlainRecord
  readonly origin: PlainOrigin
  readonly reason: string
}

const NO_COUNTS: PlainCounts = { loaded: 0, updated: 0, unchanged: 0, quarantined: 0 }

/**
 * A table loaded record after record, as one would do it by hand: written apart from droplake's SQL, to be compared with it.
 * It has the key `k`, and where `isUnique` no two rows share `e`.
 */
export class PlainTable {
  rows: PlainRow[] = []
  /** By address: the newest entry of each record. */
  readonly entries = new Map<string, PlainEntry>()
  readonly #name: string
  readonly #isUnique: boolean

  constructor(name: string, isUnique: boolean) {
    this.#name = name
    this.#isUnique = isUnique
  }

  /** Records of the quarantine that someone could correct, those that came first before the others. */
  get held(): PlainEntry[] {
    return [...this.entries.values()]
      .filter((entry) => entry.status !== 'released' && !entry.rules.includes('malformed'))
      .sort(byOrigin)
  }

  /**
   * What comes back out of quarantine, before the uploads of a run: what was corrected, and all that waits.
   *
   * @param isRetry all that is open comes back, too
   * @returns what became of the corrected ones
   */
  takeBack(corrections: readonly PlainCorrection[], run: PlainRun, isRetry = false): PlainCounts {
    const counts = { ...NO_COUNTS }
    for (const entry of this.held) {
      const correction = corrections.find((one) => one.entry === entry)
      if (correction === undefined && entry.status !== 'waiting' && !isRetry) continue
      const outcome = this.#take(correction?.record ?? entry.record, entry.origin, run)
      if (outcome !== 'quarantined') this.entries.set(addressOf(entry.origin), { ...entry, status: 'released' })
      if (correction !== undefined) counts[outcome]++
    }
    return counts
  }

  /** A row of a correction that is refused, and stays so. */
  refuse({ record, origin, reason }: PlainRefusal): void {
    this.entries.set(addressOf(origin), { record, origin, rules: ['malformed'], reasons: [reason], status: 'open' })
  }

  load(file: PlainFile, run: PlainRun): PlainCounts {
    const counts = { ...NO_COUNTS }
    file.records.forEach((record, index) => {
      // The header is line 1.
      counts[this.#take(record, { run: run.run, file: file.name, line: index + 2 }, run)]++
    })
    return counts
  }

  #take(record: PlainRecord, origin: PlainOrigin, { onConflict, parents, onMissing }: PlainRun): keyof PlainCounts {
    const faults = faultsOf(record, parents)
    const isGood = faults.length === 0
    const mayWait = onMissing === 'hold' && faults.length > 0 && faults.every(([rule]) => rule === 'reference:p')
    const current = this.rows.filter((row) => row.isCurrent)
    const former = record.k === '' ? undefined : current.find((row) => row.k === record.k)
    const isSame =
      former !== undefined && (['k', 'a', 'n', 'e', 'p'] as const).every((name) => former[name] === record[name])
    if (isGood && isSame && onConflict !== 'reject') return 'unchanged'
    const mayReplace = onConflict === 'update' || onConflict === 'history'
    if (former !== undefined && !mayReplace)
      faults.push(['unique:k', `k "${record.k}" is in ${this.#name} already (${addressOf(former.origin)})`])
    if (former !== undefined && mayReplace && byOrigin({ origin }, former) < 0)
      faults.push([
        'late:k',
        `k "${record.k}": a newer record has loaded since (${addressOf(former.origin)}), so discard this one, or drop it as a new upload if it is right`,
      ])
    const other = current.find((row) => record.e !== '' && row.e === record.e && !(mayReplace && row === former))
    if (this.#isUnique && other !== undefined)
      faults.push(['unique:e', `e "${record.e}" is in ${this.#name} already (${addressOf(other.origin)})`])
    if (faults.length > 0) {
      const [rules, reasons] = [faults.map(([rule]) => rule), faults.map(([, reason]) => reason)]
      const status = mayWait && faults.length === 1 ? 'waiting' : 'open'
      this.entries.set(addressOf(origin), { record, origin, rules, reasons, status })
      return 'quarantined'
    }
    if (former !== undefined && onConflict === 'update') this.rows = this.rows.filter((row) => row !== former)
    if (former !== undefined) former.isCurrent = false
    this.rows.push({ ...record, origin, isCurrent: true })
    return former === undefined ? 'loaded' : 'updated'
  }
}

/** What a record breaks by itself: the rule, and why. */
function faultsOf({ k, n, p }: PlainRecord, parents: readonly string[]): [rule: string, reason: string][] {
  const faults: [string, string][] = []
  if (k === '') faults.push(['required:k', 'k is missing'])
  if (n !== '' && !/^\d+$/.test(n))
    faults.push(['type:n', `n "${n}" is not an integer such as 42 (from -2147483648 to 2147483647)`])
  if (p !== '' && !parents.includes(p)) faults.push(['reference:p', `p "${p}" is not in parents`])
  return faults
}

/** Whose record came first. */
function byOrigin({ origin: a }: { readonly origin: PlainOrigin }, { origin: b }: { readonly origin: PlainOrigin }) {
  return a.run - b.run || (a.file === b.file ? a.line - b.line : a.file < b.file ? -1 : 1)
}

/** How the table of the property test takes a key that is there already. */
export type OnConflict = 'reject' | 'ignore' | 'update' | 'history'

/** A record as text: `n` must be an integer, the others may be empty; `k` is the key. */
export interface PlainRecord {
  readonly k: string
  readonly a: string
  readonly n: string
  readonly e: string
}

export interface PlainFile {
  readonly name: string
  readonly records: readonly PlainRecord[]
}

/** A version of a row: which record it stands for, and whether it is the one that counts. */
export interface PlainRow extends PlainRecord {
  readonly address: string
  isCurrent: boolean
}

export interface PlainCounts {
  loaded: number
  updated: number
  unchanged: number
  quarantined: number
}

/**
 * A table loaded record after record, as one would do it by hand: written apart from droplake's SQL, to be compared with it.
 * It has the key `k`, and where `isUnique` no two rows share `e`.
 */
export class PlainTable {
  rows: PlainRow[] = []
  readonly rejects: {
    readonly address: string
    readonly rules: readonly string[]
    readonly reasons: readonly string[]
  }[] = []
  readonly #name: string
  readonly #isUnique: boolean

  constructor(name: string, isUnique: boolean) {
    this.#name = name
    this.#isUnique = isUnique
  }

  load(file: PlainFile, onConflict: OnConflict): PlainCounts {
    const counts = { loaded: 0, updated: 0, unchanged: 0, quarantined: 0 }
    file.records.forEach((record, index) => {
      // The header is line 1.
      counts[this.#take(record, `${file.name}:${index + 2}`, onConflict)]++
    })
    return counts
  }

  #take(record: PlainRecord, address: string, onConflict: OnConflict): keyof PlainCounts {
    const faults: [rule: string, reason: string][] = []
    if (record.k === '') faults.push(['required:k', 'k is missing'])
    if (record.n !== '' && !/^\d+$/.test(record.n))
      faults.push(['type:n', `n "${record.n}" is not an integer such as 42 (from -2147483648 to 2147483647)`])
    const isGood = faults.length === 0
    const current = this.rows.filter((row) => row.isCurrent)
    const former = record.k === '' ? undefined : current.find((row) => row.k === record.k)
    const isSame =
      former !== undefined && (['k', 'a', 'n', 'e'] as const).every((name) => former[name] === record[name])
    if (isGood && isSame && onConflict !== 'reject') return 'unchanged'
    const mayReplace = onConflict === 'update' || onConflict === 'history'
    if (former !== undefined && !mayReplace)
      faults.push(['unique:k', `k "${record.k}" is in ${this.#name} already (${former.address})`])
    const other = current.find((row) => record.e !== '' && row.e === record.e && !(mayReplace && row === former))
    if (this.#isUnique && other !== undefined)
      faults.push(['unique:e', `e "${record.e}" is in ${this.#name} already (${other.address})`])
    if (faults.length > 0) {
      this.rejects.push({ address, rules: faults.map(([rule]) => rule), reasons: faults.map(([, reason]) => reason) })
      return 'quarantined'
    }
    if (former !== undefined && onConflict === 'update') this.rows = this.rows.filter((row) => row !== former)
    if (former !== undefined) former.isCurrent = false
    this.rows.push({ ...record, address, isCurrent: true })
    return former === undefined ? 'loaded' : 'updated'
  }
}

import { changesRows } from '../../../core/config/changes-rows.ts'
import type { TableConfig } from '../../../core/config/schema.ts'

/** A row or record, with numbers for its values: the same number, the same value. */
export interface Member {
  readonly no: number
  readonly kind: 'row' | 'good' | 'refused'
  /** Of its primary key; null when that is not whole. */
  readonly key: number | null
  /** Of its value of each list of `unique`; null where it has none. */
  readonly values: readonly (number | null)[]
  /** Of all its columns. */
  readonly content: number
  /** It has come back, and is older than the row of its key. */
  readonly isLate: boolean
}

export interface Verdict {
  readonly no: number
  /** Null for a refused record. */
  readonly outcome: 'updated' | 'unchanged' | 'rejected' | null
  /** Who has its primary key, then its value of each list of `unique`: a member's number; null where nobody is in its way. */
  readonly holders: readonly (number | null)[]
}

interface Owner {
  readonly no: number
  readonly key: number | null
}

/** What a table holds while one record after another comes in. Only what the members have is known to it. */
export class KeyHolders {
  readonly #onConflict: TableConfig['onConflict']
  /** The member that stands for each key now. */
  readonly #rows = new Map<number, Member>()
  /** For each list of `unique`, who has which value. */
  readonly #owners: readonly Map<number, Owner>[]

  constructor(onConflict: TableConfig['onConflict'], uniqueLists: number) {
    this.#onConflict = onConflict
    this.#owners = Array.from({ length: uniqueLists }, () => new Map())
  }

  /**
   * Take in the next member; rows of the table come before all records.
   *
   * @returns null for a row, and for a record that is loaded
   */
  take(member: Member): Verdict | null {
    const former = member.key === null ? undefined : this.#rows.get(member.key)
    const verdict = member.kind === 'row' ? null : this.#judge(member, former)
    const isHeld = member.kind !== 'refused' && (verdict === null || verdict.outcome === 'updated')
    if (isHeld) this.#hold(member, former)
    return verdict
  }

  #judge(member: Member, former: Member | undefined): Verdict | null {
    const isSame = member.kind === 'good' && former?.content === member.content
    const noHolders = [null, ...member.values.map(() => null)]
    if (isSame && this.#onConflict !== 'reject') return { no: member.no, outcome: 'unchanged', holders: noHolders }
    const isReplacing = changesRows({ onConflict: this.#onConflict })
    const holders = [
      isReplacing && !member.isLate ? null : (former?.no ?? null),
      ...member.values.map((value, list) => {
        const owner = value === null ? undefined : this.#owners[list]?.get(value)
        const isOwn = isReplacing && owner !== undefined && owner.key === member.key
        return owner === undefined || isOwn ? null : owner.no
      }),
    ]
    const isRejected = holders.some((holder) => holder !== null)
    if (member.kind === 'refused') return isRejected ? { no: member.no, outcome: null, holders } : null
    if (isRejected) return { no: member.no, outcome: 'rejected', holders }
    return former === undefined ? null : { no: member.no, outcome: 'updated', holders }
  }

  #hold(member: Member, former: Member | undefined): void {
    former?.values.forEach((value, list) => {
      if (value !== null) this.#owners[list]?.delete(value)
    })
    if (member.key !== null) this.#rows.set(member.key, member)
    member.values.forEach((value, list) => {
      if (value !== null) this.#owners[list]?.set(value, { no: member.no, key: member.key })
    })
  }
}

import type { EntryFilter } from '../../control/quarantine/open-quarantine.ts'
import type { ChangeFlags } from '../change-lake.ts'

export interface QuarantineFlags extends ChangeFlags {
  readonly rule?: string | undefined
  readonly file?: string | undefined
  readonly id?: readonly string[] | undefined
  readonly leftOut?: boolean | undefined
  readonly limit: number
  readonly to?: string | undefined
  readonly reason?: string | undefined
}

export function filterOf({ rule, file, id, leftOut }: QuarantineFlags): EntryFilter {
  return { rule: rule ?? null, file: file ?? null, ids: id ?? null, isLeftOut: leftOut === true }
}

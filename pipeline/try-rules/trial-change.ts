import type { Engine } from '../../core/engine.ts'
import { type Sql, sql } from '../../core/sql.ts'

/** Records that a changed contract treats in another way. */
export interface TrialChange {
  readonly records: number
  /** The most frequent first; a record may break several. */
  readonly rules: readonly { readonly rule: string; readonly records: number }[]
  /** The first ten. */
  readonly examples: readonly {
    readonly file: string
    readonly line: number
    readonly rules: readonly string[]
    readonly reason: string
  }[]
}

export const NO_CHANGE: TrialChange = { records: 0, rules: [], examples: [] }

/** @param entries a relation with `_file`, `_line`, `_rules` and `_reason` */
export async function readChange(engine: Engine, entries: Sql): Promise<TrialChange> {
  const { records } = await engine.row<{ records: number }>(sql`select count(*) as records from ${entries}`)
  if (records === 0) return NO_CHANGE
  const rules = await engine.rows<{ rule: string; records: number }>(sql`
    select rule, count(*) as records
    from (select unnest(_rules) as rule from ${entries})
    group by rule
    order by records desc, rule`)
  const examples = await engine.rows<{ file: string; line: number; rules: string[]; reason: string }>(sql`
    select _file as file, _line as line, _rules as rules, _reason as reason
    from ${entries}
    order by _file, _line
    limit 10`)
  return { records, rules, examples }
}

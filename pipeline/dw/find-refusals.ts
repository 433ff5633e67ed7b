import { join as joinPath } from 'node:path'
import type { Lake } from '../../control/lake.ts'
import type { DataFile } from '../../control/ledger.ts'
import { isTooMany, readableRejects } from '../../core/config/max-rejects.ts'
import { ruleIds, severityOf } from '../../core/config/rule-ids.ts'
import type { TableConfig } from '../../core/config/schema.ts'
import type { EngineRow } from '../../core/engine.ts'
import { DroplakeError } from '../../core/errors.ts'
import { readParquet, type Sql, sql } from '../../core/sql.ts'
import type { RawFile } from '../ods/index.ts'
import type { Refusal } from '../ods/refuse-files.ts'
import type { TableInput } from './table-input.ts'

/** Rules named in a refusal. */
const MOST_RULES = 3

/** What the contract says of a file as a whole: how many records it may have. @returns by file id */
export function refuseByRowCount(files: readonly RawFile[], table: TableConfig): Map<string, Refusal> {
  const { min = 0, max = Number.POSITIVE_INFINITY } = table.rowCount ?? {}
  return new Map(
    files
      .filter(({ upload, records }) => !upload.isCorrection && (records < min || records > max))
      .map(({ fileId, records }) => [fileId, (name) => wrongRowCount(name, records, min, max)]),
  )
}

/**
 * Files that are refused for what was found in their records: a rule whose severity is `refuse`, or more quarantined records than
 * `maxRejects` allows. Corrections never are: whoever sends them is at work on just that.
 * A key may be taken by a file that is refused itself: for keys that are taken only the first file is refused at a time, and the
 * others are judged again without it.
 *
 * @param files in their order
 * @param rejects the entries that the run would add
 * @returns by file id
 */
export async function refuseByRecords(
  lake: Lake,
  { table, tableName }: TableInput,
  files: readonly RawFile[],
  rejects: DataFile | null,
): Promise<Map<string, Refusal>> {
  const refusing = ruleIds(table).filter((rule) => severityOf(table, rule) === 'refuse')
  if (rejects === null || (refusing.length === 0 && table.maxRejects === undefined)) return new Map()
  const found = await readRejects(lake, rejects)
  const judge = (rejected: Rejects, { records }: RawFile, quarantined: number, rules: readonly BrokenRule[]) => {
    const fatal = rules.filter(({ rule }) => refusing.includes(rule))
    if (fatal.length > 0) return (name: string) => fatalRule(name, records, fatal)
    const { maxRejects } = table
    if (maxRejects === undefined || !isTooMany(maxRejects, quarantined, records)) return undefined
    const counts = { records, quarantined: rejected.open, rules: rejected.openRules }
    return (name: string) => tooManyRejects(name, tableName, maxRejects, counts)
  }
  const [forThemselves, forKeys] = [new Map<string, Refusal>(), new Map<string, Refusal>()]
  for (const file of files.filter(({ upload }) => !upload.isCorrection)) {
    const rejected = found.get(file.fileId)
    if (rejected === undefined) continue
    const own = judge(rejected, file, rejected.forThemselves, rejected.rules.filter(isOfRecord))
    const withKeys = judge(rejected, file, rejected.open, rejected.rules)
    if (own !== undefined) forThemselves.set(file.fileId, own)
    else if (withKeys !== undefined) forKeys.set(file.fileId, withKeys)
  }
  return forThemselves.size > 0 ? forThemselves : new Map([...forKeys].slice(0, 1))
}

interface Rejects {
  /** Those that wait for what they refer to are no rejects: they load by themselves. */
  readonly open: number
  /** Of these, the ones that break a rule other than `unique`. */
  readonly forThemselves: number
  /** Of all entries, also of those that wait. Most frequent first. */
  readonly rules: readonly BrokenRule[]
  readonly openRules: readonly BrokenRule[]
}

interface BrokenRule {
  readonly rule: string
  readonly records: number
  /** Of the first record that breaks it. */
  readonly line: number
  readonly reason: string
}

function isOfRecord({ rule }: BrokenRule): boolean {
  return !rule.startsWith('unique:')
}

/** By file id. */
async function readRejects(lake: Lake, rejects: DataFile): Promise<Map<string, Rejects>> {
  const entries = readParquet([joinPath(lake.layout.lake, rejects.path)])
  const files = await lake.engine.rows<{ _file_id: string; open: number; for_themselves: number }>(sql`
    select
      _file_id, count(*) filter (where _status = 'open') as open,
      count(*) filter (where _status = 'open' and len(list_filter(_rules, lambda _rule: not starts_with(_rule, 'unique:'))) > 0)
        as for_themselves
    from ${entries}
    group by _file_id`)
  const rules = await readBrokenRules(lake, entries)
  const openRules = await readBrokenRules(lake, sql`(select * from ${entries} where _status = 'open')`)
  return new Map(
    files.map(({ _file_id: fileId, open, for_themselves: forThemselves }) => [
      fileId,
      { open, forThemselves, rules: rules.get(fileId) ?? [], openRules: openRules.get(fileId) ?? [] },
    ]),
  )
}

/** By file id, most frequent first. */
async function readBrokenRules(lake: Lake, entries: Sql): Promise<Map<string, BrokenRule[]>> {
  const rules = await lake.engine.rows<BrokenRule & { _file_id: string } & EngineRow>(sql`
    select _file_id, rule, count(*) as records, min(_line) as line, arg_min(_reason, _line) as reason
    from (select _file_id, _line, _reason, unnest(_rules) as rule from ${entries})
    group by _file_id, rule
    order by _file_id, records desc, rule`)
  const byFile = new Map<string, BrokenRule[]>()
  for (const rule of rules) byFile.set(rule._file_id, [...(byFile.get(rule._file_id) ?? []), rule])
  return byFile
}

function wrongRowCount(name: string, records: number, min: number, max: number): DroplakeError {
  const expected = max === Number.POSITIVE_INFINITY ? `at least ${min}` : `${min} to ${max}`
  return new DroplakeError('FILE_ROW_COUNT', `"${name}" has ${records} records; expected ${expected} (rowCount)`, {
    details: { records, min, max: max === Number.POSITIVE_INFINITY ? null : max },
    hint: 'Ask whoever made the file whether it is whole; or change rowCount in pipeline_config.json. Then drop it again.',
  })
}

function fatalRule(name: string, records: number, rules: readonly BrokenRule[]): DroplakeError {
  return new DroplakeError(
    'FILE_RULE_BROKEN',
    `"${name}": ${told(rules)}; the whole file is refused for it, nothing of its ${records} records was loaded`,
    { details: { rules }, hint: 'Correct the file and drop it again; or change "severity" in pipeline_config.json.' },
  )
}

function tooManyRejects(
  name: string,
  tableName: string,
  maxRejects: number | string,
  { records, quarantined, rules }: { records: number; quarantined: number; rules: readonly BrokenRule[] },
): DroplakeError {
  return new DroplakeError(
    'FILE_REJECTS_EXCEEDED',
    `"${name}": ${quarantined} of its ${records} records break a rule; at most ${readableRejects(maxRejects)} may (maxRejects). Most often: ${told(rules)}`,
    {
      details: { records, quarantined, maxRejects, rules },
      hint: `Correct the file, or raise tables.${tableName}.maxRejects in pipeline_config.json, and drop it again.`,
    },
  )
}

/** `required:job_id in 16 records, such as line 2 (job_id is missing)` */
function told(rules: readonly BrokenRule[]): string {
  const more = rules.length > MOST_RULES ? `, and ${rules.length - MOST_RULES} rules more` : ''
  return (
    rules
      .slice(0, MOST_RULES)
      .map(({ rule, records, line, reason }) => `${rule} in ${records} records, such as line ${line} (${reason})`)
      .join('; ') + more
  )
}

import type { Config } from '../../../core/config/schema.ts'
import type { Engine } from '../../../core/engine.ts'
import { sql } from '../../../core/sql.ts'
import { matchesPattern } from '../../uploads/match-table.ts'

/** How a sender's files come: when the last one came, and how many records it had against those before. */
export interface Arrival {
  readonly table: string
  /** Of `senders` in the config; null where none names the files. */
  readonly sender: string | null
  /** The name pattern that the sender's files have. */
  readonly pattern: string
  readonly newestFile: string
  readonly newestAt: Date
  readonly records: number
  readonly files: number
  /** Half to twice the median records of the files before, or a few more or less; null while there are fewer than three. */
  readonly usualRecords: { readonly least: number; readonly most: number } | null
  readonly isUnusual: boolean
  /** Median time between deliveries, in ms; null while there are fewer than four. */
  readonly usualGapMs: number | null
  readonly isLate: boolean
}

/** Files of a table that are looked at. */
const MOST_FILES = 200
/** Fewer files before make no habit. */
const FEWEST_BEFORE = 3
/** Half to twice the median counts as usual, and so do a few records more or less. */
const USUAL_FACTOR = 2
const MOST_BY_CHANCE = 4
/** Files that came within an hour are one delivery: a history that is dropped file by file makes no habit of minutes. */
const DELIVERY_MS = 3_600_000
/** A file is late when it is missing for so many times the usual gap. */
const LATE_FACTOR = 3

interface File {
  readonly name: string
  readonly records: number
  readonly at: Date
}

/**
 * Per table and name pattern, those of senders first: a file counts where it fits first.
 *
 * @param now when the index is written
 */
export async function readArrivals(
  engine: Engine,
  { tables, senders }: Pick<Config, 'tables' | 'senders'>,
  now: Date,
): Promise<Arrival[]> {
  const ofSenders = Object.entries(senders).flatMap(([sender, { files }]) =>
    files.map((pattern) => ({ sender, pattern })),
  )
  const loaded = await readFiles(engine)
  const arrivals: Arrival[] = []
  for (const [table, { files: patterns }] of Object.entries(tables)) {
    const files = loaded.get(table) ?? []
    const taken = new Set<File>()
    for (const source of [...ofSenders, ...patterns.map((pattern) => ({ sender: null, pattern }))]) {
      const own = files.filter((file) => !taken.has(file) && matchesPattern(file.name, source.pattern))
      for (const file of own) taken.add(file)
      const arrival = arrivalOf({ table, ...source }, own, now)
      if (arrival !== null) arrivals.push(arrival)
    }
  }
  return arrivals
}

/** Loaded files of each table, newest first. */
async function readFiles(engine: Engine): Promise<ReadonlyMap<string, readonly File[]>> {
  const rows = await engine.rows<{ table_name: string; name: string; records: number; at: Date }>(sql`
    select files.table_name, files.name, files.records, runs.started_at as at
    from control.files as files
    join control.runs as runs using (run_id)
    where files.outcome = 'loaded' and runs.status = 'committed'
    qualify row_number() over (partition by files.table_name order by runs.run_id desc, files.name desc) <= ${MOST_FILES}
    order by runs.run_id desc, files.name desc`)
  const byTable = new Map<string, File[]>()
  for (const { table_name: table, ...file } of rows) byTable.set(table, [...(byTable.get(table) ?? []), file])
  return byTable
}

function arrivalOf(
  source: Pick<Arrival, 'table' | 'sender' | 'pattern'>,
  files: readonly File[],
  now: Date,
): Arrival | null {
  const [newest, ...before] = files
  if (newest === undefined) return null
  const usualRecords = before.length < FEWEST_BEFORE ? null : usualRange(median(before.map((file) => file.records)))
  const gaps = files.slice(1).map((file, index) => (files[index]?.at.getTime() ?? 0) - file.at.getTime())
  const between = gaps.filter((gap) => gap >= DELIVERY_MS)
  const usualGapMs = between.length < FEWEST_BEFORE ? null : median(between)
  return {
    ...source,
    newestFile: newest.name,
    newestAt: newest.at,
    records: newest.records,
    files: files.length,
    usualRecords,
    isUnusual: usualRecords !== null && (newest.records < usualRecords.least || newest.records > usualRecords.most),
    usualGapMs,
    isLate: usualGapMs !== null && now.getTime() - newest.at.getTime() > LATE_FACTOR * usualGapMs,
  }
}

function usualRange(median: number): { readonly least: number; readonly most: number } {
  return {
    least: Math.max(0, Math.min(Math.ceil(median / USUAL_FACTOR), Math.ceil(median) - MOST_BY_CHANCE)),
    most: Math.max(Math.floor(median * USUAL_FACTOR), Math.floor(median) + MOST_BY_CHANCE),
  }
}

function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  return sorted.length % 2 === 1 ? (sorted[middle] ?? 0) : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2
}

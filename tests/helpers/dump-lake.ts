// A lake and its plain counterpart as sorted lines of text, to be compared.

import type { PlainLake, PlainLakeTable, PlainOutcome } from './plain-lake.ts'
import { addressOf, isMalformed, type PlainRecord } from './plain-table.ts'
import type { TempLake } from './temp-lake.ts'

/** Rows, quarantine, and of a run the line of each upload and their sums. @param runId null: no run loaded anything */
export async function dumpLake(
  lake: TempLake,
  tables: readonly PlainLakeTable[],
  runId: number | null,
): Promise<string[]> {
  const queries = tables.flatMap((table) => [rowsQuery(table), entriesQuery(table)])
  if (runId !== null) queries.push(...accountQueries(runId))
  return (await lake.query(queries.join('\nunion all\n'))).map(([line = '']) => line).sort()
}

/** The same of a plain lake. */
export function dumpPlain(
  lake: PlainLake,
  tables: readonly PlainLakeTable[],
  outcomes: ReadonlyMap<string, PlainOutcome> | null,
): string[] {
  const lines = tables.flatMap(({ contract: { name, columns }, onConflict }) => {
    const cellsOf = (record: PlainRecord) =>
      Object.keys(columns).map((column) => (isMalformed(record) ? '' : (record[column] ?? '')))
    const { rows, entries } = lake.table(name)
    const shown = rows.map(({ record, origin, loadedIn, validFrom, validTo }) => {
      const validity = onConflict === 'history' ? [validFrom, validTo ?? '', validTo === null] : []
      return ['row', name, ...cellsOf(record), addressOf(origin), loadedIn, ...validity].join('|')
    })
    const held = [...entries.values()].map(({ record, origin, status, rules }) =>
      ['quarantine', name, ...cellsOf(record), addressOf(origin), status, rules.join()].join('|'),
    )
    return [...shown, ...held]
  })
  return [...lines, ...(outcomes === null ? [] : accountLines(outcomes))].sort()
}

const COUNTS = ['records', 'loaded', 'updated', 'unchanged', 'quarantined'] as const

function rowsQuery({ contract: { name, columns }, onConflict }: PlainLakeTable): string {
  const validity = ['epoch_us(_valid_from)', "coalesce(epoch_us(_valid_to)::varchar, '')", '_current']
  const values = [
    `'row', '${name}'`,
    ...cells(columns),
    "name || ':' || _line",
    '_run_id',
    ...(onConflict === 'history' ? validity : []),
  ]
  // The names of the files whose content counts today.
  return `
    select concat_ws('|', ${values.join()})
    from dw.${name}
    left join (
      select file_id as _file_id, name
      from control.files semi join (select run_id from control.runs where status = 'committed') using (run_id)
      where outcome = 'loaded'
    ) using (_file_id)`
}

function entriesQuery({ contract: { name, columns } }: PlainLakeTable): string {
  const values = [`'quarantine', '${name}'`, ...cells(columns), "_file || ':' || _line", '_status']
  return `select concat_ws('|', ${values.join()}, array_to_string(_rules, ',')) from quarantine.${name}`
}

function cells(columns: PlainLakeTable['contract']['columns']): string[] {
  return Object.keys(columns).map((column) => `coalesce(${column}::varchar, '')`)
}

function accountQueries(runId: number): string[] {
  const sums = ['files', 'refused', 'duplicates', ...COUNTS]
  return [
    `select concat_ws('|', 'file', name, coalesce(table_name, ''), outcome, ${COUNTS.join()}, coalesce(split_part(reason, ':', 1), ''))
     from control.files where run_id = ${runId}`,
    `select concat_ws('|', 'run', status, ${sums.join()}) from control.runs where run_id = ${runId}`,
  ]
}

function accountLines(outcomes: ReadonlyMap<string, PlainOutcome>): string[] {
  const all = [...outcomes.values()]
  const files = [...outcomes].map(([name, { table, outcome, code, ...counts }]) =>
    ['file', name, table, outcome, ...COUNTS.map((count) => counts[count]), code].join('|'),
  )
  const having = (wanted: PlainOutcome['outcome']) => all.filter(({ outcome }) => outcome === wanted).length
  const sums = COUNTS.map((count) => all.reduce((sum, outcome) => sum + outcome[count], 0))
  return [...files, ['run', 'committed', all.length, having('refused'), having('duplicate'), ...sums].join('|')]
}

import type { RowText } from '../pipeline/app/index.ts'
import type { FileSummary, MartSummary, RunSummary } from '../pipeline/summary.ts'
import { formatTable, visible } from './format-table.ts'
import { shortPath } from './short-path.ts'

/** Reasons shown in the summary; the others are in control.rule_results. */
const MOST_REASONS = 10

/** A run's summary for a terminal, paths relative to the folder that the person is in. */
export function formatSummary(summary: RunSummary, cwd: string): string {
  return [
    heading(summary),
    tables(summary),
    reasons(summary),
    warnings(summary),
    freshness(summary),
    released(summary),
    ...summary.tables.map(leftOut),
    drift(summary),
    files(summary),
    marts(summary, cwd),
    heldMarts(summary, cwd),
    places(summary, cwd),
  ]
    .filter((part) => part !== '')
    .join('\n')
}

function heading(summary: RunSummary): string {
  const seconds = (summary.durationMs / 1000).toFixed(2)
  const what = summary.isNewVersion
    ? `the lake is at version ${summary.version} now`
    : `nothing new, the lake stays at version ${summary.version}`
  const recovered = [
    ...summary.recovered.interrupted.map(
      (runId) => `Run ${runId} had been interrupted; what it wrote was taken away.\n`,
    ),
    ...summary.recovered.finished.map(
      (runId) => `Run ${runId} had been cut short after its commit; it is finished now.\n`,
    ),
  ]
  return `Run ${summary.runId} done in ${seconds} s: ${what}.\n${recovered.join('')}`
}

function tables(summary: RunSummary): string {
  const hasUpdates = summary.tables.some((table) => table.updated > 0)
  const rows = summary.tables.map((table) => [
    table.table,
    table.records,
    table.loaded,
    ...(hasUpdates ? [table.updated] : []),
    table.quarantined,
    table.unchanged,
    table.rows,
  ])
  const headings = [
    'table',
    'read',
    'loaded',
    ...(hasUpdates ? ['updated'] : []),
    'quarantined',
    'unchanged',
    'rows now',
  ]
  return formatTable(headings, rows, { counts: true })
}

function released(summary: RunSummary): string {
  return summary.tables
    .filter(({ released, stillQuarantined }) => released + stillQuarantined > 0)
    .map(({ table, released, stillQuarantined, sameAsBefore }) => {
      const same = sameAsBefore > 0 ? `, ${count(sameAsBefore)} as they were and not counted by rule again` : ''
      const rest = stillQuarantined > 0 ? `; ${count(stillQuarantined)} of those tried stay there${same}` : ''
      return `out of quarantine: ${count(released)} ${released === 1 ? 'record' : 'records'} of ${table}${rest}\n`
    })
    .join('')
}

/** A person has taken rows out of a CSV: they may mean to give them up, but that is for them to say. */
export function leftOut({ table, leftOut }: RunSummary['tables'][number]): string {
  if (leftOut === 0) return ''
  const what = `${count(leftOut)} open ${leftOut === 1 ? 'record' : 'records'} of ${table}`
  return visible(
    `left out: the corrected CSV came without ${what}; to give them up: droplake quarantine discard ${table} --left-out --reason "…"`,
  ).concat('\n')
}

function drift(summary: RunSummary): string {
  return summary.drift
    .map(({ file, extra, missing, renamed }) => {
      const parts = [
        extra.length > 0 ? `has ${listed(extra)} more, kept in _extra` : '',
        missing.length > 0 ? `lacks ${listed(missing)}` : '',
        renamed.length > 0 ? `writes ${listed(renamed.map(({ found, column }) => `${found} for ${column}`))}` : '',
      ]
      return `${visible(`columns: ${file} ${parts.filter(Boolean).join('; ')}`)}\n`
    })
    .join('')
}

/** Names shown of a long list. */
const MOST_NAMES = 5

function listed(names: readonly string[]): string {
  const more = names.length > MOST_NAMES ? ` and ${names.length - MOST_NAMES} more` : ''
  return names.slice(0, MOST_NAMES).join(', ') + more
}

function count(number: number): string {
  return number.toLocaleString('en-US')
}

function reasons(summary: RunSummary): string {
  return brokenRules(
    'broken rule',
    summary.rules.filter((rule) => rule.severity !== 'warn'),
  )
}

/** Rules that only warn: their records are loaded. */
function warnings(summary: RunSummary): string {
  return brokenRules(
    'warned of, and loaded',
    summary.rules.filter((rule) => rule.severity === 'warn'),
  )
}

function brokenRules(heading: string, rules: RunSummary['rules']): string {
  if (rules.length === 0) return ''
  const shown = mostFrequent(rules)
  const rows = shown.map((rule) => [rule.records, rule.tableName, rule.rule, `${rule.exampleFile}:${rule.exampleLine}`])
  const more = rules.length - shown.length
  const rest = more > 0 ? `and ${more} more; see control.rule_results\n` : ''
  return formatTable(['records', 'table', heading, 'for example'], rows, { counts: true }) + rest
}

function freshness(summary: RunSummary): string {
  return summary.freshness
    .map(({ tableName, columnName, newest, ageSeconds, maxAgeSeconds, isFresh }) => {
      const found = newest === null ? 'has no value' : `${newest} is the newest, ${age(ageSeconds ?? 0)}`
      const line = `${isFresh ? 'fresh' : 'stale'}: ${tableName}.${columnName}: ${found}; at most ${duration(maxAgeSeconds)} are allowed`
      return `${visible(line)}\n`
    })
    .join('')
}

function age(seconds: number): string {
  return seconds < 0 ? `${duration(-seconds)} from now` : `${duration(seconds)} old`
}

/** `3 d 4 h`, `5 min`: the two largest units. */
function duration(seconds: number): string {
  const [days, hours, minutes] = [seconds / 86_400, (seconds / 3600) % 24, (seconds / 60) % 60].map(Math.floor)
  if (days) return hours ? `${days} d ${hours} h` : `${days} d`
  if (hours) return minutes ? `${hours} h ${minutes} min` : `${hours} h`
  return `${minutes} min`
}

/** The most frequent rules, and of every table at least its first: a large table must not hide a small one. */
function mostFrequent(rules: RunSummary['rules']): RunSummary['rules'] {
  const firsts = rules.filter((rule, index) => rules.findIndex((other) => other.tableName === rule.tableName) === index)
  const others = rules.filter((rule) => !firsts.includes(rule)).slice(0, Math.max(0, MOST_REASONS - firsts.length))
  return rules.filter((rule) => firsts.includes(rule) || others.includes(rule))
}

function files(summary: RunSummary): string {
  const lines = [
    ...summary.files.filter((file) => file.outcome === 'duplicate').flatMap(duplicateLines),
    ...summary.files.filter((file) => file.outcome === 'refused').flatMap(refusedLines),
    ...summary.problems.map((problem) => `not done yet: ${problem}; the next run tries again`),
    ...summary.waiting.map(waitingLine),
  ]
  return lines.map((line) => `${visible(line)}\n`).join('')
}

/** Node shows a name that is not UTF-8 with this character, and then cannot find it. */
const NO_CHARACTER = '\uFFFD'

function waitingLine(name: string): string {
  if (name.includes(NO_CHARACTER)) return `waiting: ${name} has a name that is not UTF-8; rename it`
  return `waiting: ${name} is still being written; the next run takes it`
}

function duplicateLines({ file, duplicateOf, hint }: FileSummary): string[] {
  const original = `${duplicateOf?.file} of run ${duplicateOf?.runId}`
  return [`duplicate: ${file} has the same content as ${original}; nothing loaded`, ...hintLine(hint)]
}

function refusedLines({ file, reason, hint }: FileSummary): string[] {
  return [`refused: ${file} — ${reason}`, ...hintLine(hint)]
}

function hintLine(hint: string | null): string[] {
  return hint === null ? [] : [`  try: ${hint}`]
}

function marts(summary: RunSummary, cwd: string): string {
  const rows = summary.marts.map((mart) => [
    `app.${mart.mart}`,
    mart.rows,
    martState(mart),
    mart.report === null ? '' : shortPath(mart.report, cwd),
  ])
  return rows.length === 0 ? '' : formatTable(['mart', 'rows', '', 'report'], rows, { maxWidth: 100, counts: true })
}

function martState({ isNew, heldBack }: MartSummary): string {
  if (heldBack !== null) return 'held back'
  return isNew ? 'new' : 'unchanged'
}

/** Why each mart was held back, with the first rows that its tests found. */
function heldMarts(summary: RunSummary, cwd: string): string {
  return summary.marts.map((mart) => heldMart(mart, cwd)).join('')
}

function heldMart({ mart, rows, heldBack, failedTests }: MartSummary, cwd: string): string {
  if (heldBack === null) return ''
  const stays = rows === null ? 'there is none before it' : 'the one before it stays'
  const lines = [
    `held back: the new version of app.${mart}, ${stays} — ${heldBack.reason}`,
    ...failedTestLines(failedTests),
    ...(heldBack.failingRows === null ? [] : [`  rows: ${shortPath(heldBack.failingRows, cwd)}`]),
  ]
  return lines.map((line) => `${visible(line)}\n`).join('')
}

/** The first rows that each test found. */
export function failedTestLines(failedTests: MartSummary['failedTests']): string[] {
  return failedTests.flatMap(({ test, sample }) => sample.map((row) => `  ${test}: ${rowText(row)}`))
}

/** `department=Sales, job=Cook`; a missing value is shown as nothing. */
function rowText(row: RowText): string {
  return Object.entries(row)
    .map(([column, value]) => `${column}=${value ?? ''}`)
    .join(', ')
}

function places(summary: RunSummary, cwd: string): string {
  const quarantine = summary.quarantine.map((path) => `quarantine: ${visible(shortPath(path, cwd))}\n`)
  const mart = summary.marts.find(({ rows }) => rows !== null)
  const query = mart === undefined ? 'show all tables' : `from app.${mart.mart}`
  const reports = summary.index === null ? '' : `reports: ${visible(shortPath(summary.index, cwd))}\n`
  return `${quarantine.join('')}${reports}Look into it:\n  duckdb ${shellWord(shortPath(summary.catalog, cwd))} ${shellWord(query)}\n`
}

/** Quoted where a shell would take it apart. */
function shellWord(text: string): string {
  if (/^[\w./-]+$/.test(text)) return text
  return /["$`\\!]/.test(text) ? `'${text.replaceAll("'", "'\\''")}'` : `"${text}"`
}

import { appendFileSync, existsSync, readFileSync } from 'node:fs'

/** A line of the table that the suites print at their end. */
export interface Result {
  readonly promise: string
  readonly fault: string
  /** How often the fault happened and the lake was checked. */
  readonly rounds: number
  readonly violations: number
}

const FILE = process.env.DROPLAKE_FAULTS_RESULTS

/** Note what a suite did; lines of one promise and fault are added up. */
export function noteResult(result: Result): void {
  if (FILE !== undefined) appendFileSync(FILE, `${JSON.stringify(result)}\n`)
}

/** The table of all that was noted, in Markdown. */
export function resultTable(path: string): string {
  const lines = existsSync(path) ? readFileSync(path, 'utf8').split('\n').filter(Boolean) : []
  const sums = new Map<string, Result>()
  for (const result of lines.map((line) => JSON.parse(line) as Result)) {
    const key = `${result.promise}\n${result.fault}`
    const before = sums.get(key) ?? { ...result, rounds: 0, violations: 0 }
    sums.set(key, {
      ...before,
      rounds: before.rounds + result.rounds,
      violations: before.violations + result.violations,
    })
  }
  const rows = [...sums.values()].sort((a, b) => (a.fault < b.fault ? -1 : 1))
  const cells = [
    ['fault', 'rounds', 'violations', 'what was checked'],
    ...rows.map((row) => [row.fault, String(row.rounds), String(row.violations), row.promise]),
  ]
  const widths = [0, 1, 2, 3].map((column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)))
  const line = (row: string[]) => `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`
  const [head = [], ...body] = cells
  return [line(head), `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`, ...body.map(line)].join('\n')
}

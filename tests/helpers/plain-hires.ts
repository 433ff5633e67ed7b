// The hires lake reckoned again in plain TypeScript, without droplake and without DuckDB: for simple files (no quotes).
import { readFileSync } from 'node:fs'

export interface PlainHires {
  readonly good: readonly string[][]
  /** Line numbers of refused employees. */
  readonly badLines: readonly number[]
  /** Rows of app.hires_by_quarter, as text. */
  readonly byQuarter: readonly string[][]
  /** Rows of app.departments_above_average, as text. */
  readonly aboveAverage: readonly string[][]
}

const DATE = /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T([01]\d|2[0-3]):[0-5]\d:[0-5]\dZ$/

export function plainHires(folder: string, year: number): PlainHires {
  const rowsOf = (name: string) =>
    readFileSync(`${folder}/${name}.csv`, 'utf8')
      .split(/\r?\n/)
      .filter(Boolean)
      .map((line) => line.split(','))
  const departments = new Map(rowsOf('departments').map((row) => [row[0] ?? '', row[1] ?? '']))
  const jobs = new Map(rowsOf('jobs').map((row) => [row[0] ?? '', row[1] ?? '']))
  const employees = rowsOf('employees')
  const isGood = ([id, name, date, department, job]: string[]) =>
    /^\d+$/.test(id ?? '') &&
    name !== '' &&
    DATE.test(date ?? '') &&
    departments.has(department ?? '') &&
    jobs.has(job ?? '')
  const good = employees.filter(isGood)
  const hired = good.filter((row) => row[2]?.startsWith(`${year}-`))
  return {
    good,
    badLines: employees.flatMap((row, index) => (isGood(row) ? [] : [index + 1])),
    byQuarter: hiresByQuarter(hired, departments, jobs),
    aboveAverage: departmentsAboveAverage(hired, departments),
  }
}

function hiresByQuarter(hired: string[][], departments: Map<string, string>, jobs: Map<string, string>): string[][] {
  const counts = new Map<string, number[]>()
  for (const [, , date = '', department = '', job = ''] of hired) {
    const key = `${departments.get(department)}\t${jobs.get(job)}`
    const quarters = counts.get(key) ?? [0, 0, 0, 0]
    const quarter = Math.floor((Number(date.slice(5, 7)) - 1) / 3)
    quarters[quarter] = (quarters[quarter] ?? 0) + 1
    counts.set(key, quarters)
  }
  const rows = [...counts].map(([key, quarters]) => [...key.split('\t'), ...quarters.map(String)])
  return rows.sort((a, b) => compareBytes(a[0] ?? '', b[0] ?? '') || compareBytes(a[1] ?? '', b[1] ?? ''))
}

function departmentsAboveAverage(hired: string[][], departments: Map<string, string>): string[][] {
  const counts = [...departments].map(([id, name]) => ({
    id,
    name,
    count: hired.filter((row) => row[3] === id).length,
  }))
  const mean = hired.length / counts.length
  const above = counts
    .filter((row) => row.count > mean)
    .sort((a, b) => b.count - a.count || compareBytes(a.name, b.name))
  return above.map((row) => [row.id, row.name, String(row.count)])
}

function compareBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b))
}

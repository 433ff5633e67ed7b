import { isSqlFile } from '../../core/config/check-marts.ts'
import type { MartTestsConfig } from '../../core/config/schema.ts'
import { ident, join, type Sql, sql } from '../../core/sql.ts'

/** A test of a mart before its SQL is read. */
export interface TestSource {
  readonly name: string
  readonly finding: string
  /** Columns that the mart must have for it. */
  readonly columns: readonly string[]
  /** A query of what is wrong, or the path of a file with one, relative to the project. */
  readonly query: { readonly text: string } | { readonly path: string }
  /** The SQL is droplake's own: it reads the mart alone, uses no parameter, and fits every mart that has the columns. */
  readonly isOwn: boolean
}

/** The name of the test of how many rows there are. */
export const ROW_COUNT = 'row_count'

/**
 * What must hold of a mart, each as a SELECT of what is wrong with `app.<mart>`. Missing values count as equal in `unique`: they
 * name no row.
 */
export function testsOf(martName: string, config: MartTestsConfig | undefined): TestSource[] {
  if (config === undefined) return []
  const rows = ident('app', martName)
  return [
    ...(config.unique === undefined ? [] : [uniqueTest(rows, config.unique)]),
    ...(config.notNull ?? []).map((column) => notNullTest(rows, column)),
    ...(config.rowCount === undefined ? [] : [rowCountTest(rows, config.rowCount)]),
    ...Object.entries(config.sql).map(([name, test]) => sqlTest(rows, name, test)),
  ]
}

function uniqueTest(rows: Sql, columns: readonly string[]): TestSource {
  const key = join(
    columns.map((column) => ident(column)),
    ', ',
  )
  return {
    name: `unique:${columns.join(',')}`,
    columns,
    isOwn: true,
    finding: `with the same ${columns.map((column) => `"${column}"`).join(', ')} as another`,
    query: sql`select * from ${rows} qualify count(*) over (partition by ${key}) > 1 order by ${key}`,
  }
}

function notNullTest(rows: Sql, column: string): TestSource {
  return {
    name: `not_null:${column}`,
    columns: [column],
    isOwn: true,
    finding: `without "${column}"`,
    query: sql`select * from ${rows} where ${ident(column)} is null`,
  }
}

/** Its one row is the number of rows of the mart, where that is wrong. */
function rowCountTest(rows: Sql, { min, max }: { min?: number | undefined; max?: number | undefined }): TestSource {
  const [least, most] = [min ?? 0, max === undefined ? '' : ` or row_count > ${max}`]
  const expected = [min === undefined ? [] : `at least ${min}`, max === undefined ? [] : `at most ${max}`].flat()
  return {
    name: ROW_COUNT,
    columns: [],
    isOwn: true,
    finding: `in all; expected ${expected.join(' and ')}`,
    query: {
      text: `select row_count from (select count(*) as row_count from ${rows.text}) where row_count < ${least}${most}`,
    },
  }
}

function sqlTest(rows: Sql, name: string, test: string): TestSource {
  const shared = { name: `sql:${name}`, columns: [], isOwn: false }
  if (isSqlFile(test)) return { ...shared, finding: `found by ${test.trim()}`, query: { path: test.trim() } }
  // The line break ends a comment that the condition may close with.
  const text = `select * from ${rows.text} where (\n${test}\n)`
  return { ...shared, finding: `for which this is true: ${test.trim()}`, query: { text } }
}

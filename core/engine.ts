import {
  BIGINT,
  type DuckDBAppender,
  type DuckDBConnection,
  type DuckDBDataChunk,
  DuckDBInstance,
  type DuckDBType,
  type DuckDBValue,
  INTEGER,
  type Json,
  StatementType,
} from '@duckdb/node-api'
import { DroplakeError, messageOf, storageFailure } from './errors.ts'
import { jsonRowsOf } from './json-values.ts'
import { ParquetPaths } from './parquet-paths.ts'
import { ident, join, literal, raw, type Sql, type SqlValue, sql } from './sql.ts'

export interface EngineOptions {
  /** A database file, or `:memory:`. */
  readonly path: string
  readonly readOnly?: boolean
  /** Number of threads; unset means one per core. */
  readonly threads?: number | undefined
  /** DuckDB's `memory_limit`, such as `512MB`; unset means 80 % of the machine. */
  readonly memoryLimit?: string | undefined
}

/** A result value at our border: 64-bit integers as numbers, timestamps as Date. */
export type EngineValue = string | number | boolean | null | Date | readonly EngineValue[]
export type EngineRow = Readonly<Record<string, EngineValue>>

/** One DuckDB instance with one connection. Close it: an open one keeps its files locked. */
export class Engine {
  readonly connection: DuckDBConnection
  /** Names for the Parquet files that it writes. */
  readonly paths = new ParquetPaths()
  readonly #instance: DuckDBInstance
  /** For rows that are appended while a statement is under way. */
  #appending: DuckDBConnection | undefined

  private constructor(instance: DuckDBInstance, connection: DuckDBConnection) {
    this.#instance = instance
    this.connection = connection
  }

  /** @throws {DroplakeError} ENGINE_FAILED when DuckDB cannot open the file */
  static async open(options: EngineOptions): Promise<Engine> {
    const settings: Record<string, string> = {
      autoinstall_known_extensions: 'false',
      autoload_known_extensions: 'false',
      // A table of thousands of columns has rules joined by as many ORs.
      max_expression_depth: '100000',
      // DuckDB 1.5.6 takes a local file for unchanged when device, inode, size and modification time in whole seconds are equal
      // (`LocalFileSystem::GetVersionTag`). A file that took the name and the inode of another within a second was then read with
      // the footer of the other: wrong min, max and filters, silently. tests/core/engine-stale-footers.test.ts.
      enable_external_file_cache: 'false',
    }
    if (options.readOnly) settings.access_mode = 'READ_ONLY'
    if (options.threads !== undefined) settings.threads = String(options.threads)
    if (options.memoryLimit !== undefined) settings.memory_limit = options.memoryLimit
    try {
      const instance = await DuckDBInstance.create(options.path, settings)
      const connection = await instance.connect()
      // Dates are UTC whatever the machine's zone is.
      await connection.run("set TimeZone = 'UTC'").catch(() => undefined)
      return new Engine(instance, connection)
    } catch (cause) {
      throw new DroplakeError('ENGINE_FAILED', `DuckDB cannot open "${options.path}": ${messageOf(cause)}`, { cause })
    }
  }

  /** Run one or more statements for their effect. */
  async run(statement: Sql): Promise<void> {
    const bindings = statement.values.map(binding)
    const [values, types] = [bindings.map((bound) => bound.value), bindings.map((bound) => bound.type)]
    await this.#guard(statement, () => this.connection.run(statement.text, values, types as DuckDBType[]))
  }

  /**
   * Write a query's rows as Parquet.
   *
   * @param path absolute; one of `paths.issue`
   * @param options DuckDB's words for COPY: `format parquet, compression snappy`
   */
  async copyToParquet(query: Sql, path: string, options: string): Promise<void> {
    this.paths.claim(path)
    await this.run(sql`copy (\n${query}\n) to ${literal(path)} (${raw(options)})`)
  }

  /** Do something in one transaction: when it throws, the engine's part of it is undone. Only one attached database can be written in it. */
  async transaction<Result>(work: () => Promise<Result>): Promise<Result> {
    await this.run(raw('begin transaction'))
    try {
      const result = await work()
      await this.run(raw('commit'))
      return result
    } catch (error) {
      // A failed commit has ended it already.
      await this.run(raw('rollback')).catch(() => undefined)
      throw error
    }
  }

  /** How many statements a text holds; none of them is looked at further. */
  async countStatements(text: string): Promise<number> {
    if (isBlank(text)) return 0
    return this.#guard(raw(text), async () => (await this.connection.extractStatements(text)).count)
  }

  /** The names of a statement's `$name` parameters, and how many statements the text holds. */
  async inspect(text: string): Promise<{ statements: number; isSelect: boolean; parameters: string[] }> {
    if (isBlank(text)) return { statements: 0, isSelect: false, parameters: [] }
    return this.#guard(raw(text), async () => {
      const extracted = await this.connection.extractStatements(text)
      if (extracted.count !== 1) return { statements: extracted.count, isSelect: false, parameters: [] }
      const prepared = await extracted.prepare(0)
      const parameters = Array.from({ length: prepared.parameterCount }, (_, index) =>
        prepared.parameterName(index + 1),
      )
      const isSelect = prepared.statementType === StatementType.SELECT
      prepared.destroySync()
      return { statements: 1, isSelect, parameters }
    })
  }

  /** Run one statement with `$name` parameters. */
  async runNamed(text: string, parameters: Readonly<Record<string, SqlValue>>): Promise<void> {
    await this.#guard(raw(text), () => this.connection.run(text, ...namedBindings(parameters)))
  }

  /** All rows of a query with `$name` parameters, as plain objects. For small results. */
  async rowsNamed<Row extends EngineRow = EngineRow>(
    text: string,
    parameters: Readonly<Record<string, SqlValue>>,
  ): Promise<Row[]> {
    const reader = await this.#guard(raw(text), () => this.connection.runAndReadAll(text, ...namedBindings(parameters)))
    return reader.getRowObjectsJS().map((row) => borderRow(row)) as Row[]
  }

  /** All rows of a query, as plain objects. For small results. */
  async rows<Row extends EngineRow = EngineRow>(query: Sql): Promise<Row[]> {
    const bindings = query.values.map(binding)
    const [values, types] = [bindings.map((bound) => bound.value), bindings.map((bound) => bound.type)]
    const reader = await this.#guard(query, () =>
      this.connection.runAndReadAll(query.text, values, types as DuckDBType[]),
    )
    return reader.getRowObjectsJS().map((row) => borderRow(row)) as Row[]
  }

  /** A query's result chunk by chunk; the next one is on its way while one is looked at. */
  async *chunks(query: Sql): AsyncGenerator<DuckDBDataChunk> {
    const result = await this.#guard(query, () => this.connection.stream(query.text, [...query.values]))
    const fetchNext = () => this.#guard(query, () => result.fetchChunk())
    let next = fetchNext()
    try {
      for (let chunk = await next; chunk !== null && chunk.rowCount > 0; chunk = await next) {
        next = fetchNext()
        yield chunk
      }
    } finally {
      await next.catch(() => undefined)
    }
  }

  /**
   * Make a table `memory.main.<name>`, in the place of one that is there, and append rows to it, beside whatever statement is
   * under way. Statements see the rows when this is done.
   *
   * @param columns types in DuckDB's words
   */
  async append<Result>(
    tableName: string,
    columns: readonly { readonly name: string; readonly type: string }[],
    fill: (appender: DuckDBAppender) => Promise<Result>,
  ): Promise<Result> {
    const definitions = columns.map(({ name, type }) => sql`${ident(name)} ${raw(type)}`)
    const statement = sql`create or replace table ${ident('memory', 'main', tableName)} (${join(definitions, ', ')})`
    this.#appending ??= await this.#instance.connect()
    const connection = this.#appending
    await this.#guard(statement, () => connection.run(statement.text))
    const appender = await this.#guard(statement, () => connection.createAppender(tableName, 'main', 'memory'))
    let result: Result
    try {
      result = await fill(appender)
    } catch (error) {
      // Closing it would append what is left, and tell of another error than this one.
      appender.clear()
      appender.closeSync()
      throw error
    }
    await this.#guard(statement, async () => appender.closeSync())
    return result
  }

  /** All rows of a query as `droplake query --json` gives them: integers that JavaScript would round, and decimals, as text. */
  async jsonRows(query: Sql): Promise<Readonly<Record<string, Json>>[]> {
    const bindings = query.values.map(binding)
    const [values, types] = [bindings.map((bound) => bound.value), bindings.map((bound) => bound.type)]
    return this.#guard(query, async () => {
      const result = await this.connection.stream(query.text, values, types as DuckDBType[])
      const [names, columnTypes] = [result.deduplicatedColumnNames(), result.columnTypes()]
      const rows: Readonly<Record<string, Json>>[] = []
      for await (const chunk of result)
        for (const row of jsonRowsOf(chunk, columnTypes))
          rows.push(Object.fromEntries(names.map((name, index) => [name, row[index] ?? null])))
      return rows
    })
  }

  /** The one row of a query that has exactly one. */
  async row<Row extends EngineRow = EngineRow>(query: Sql): Promise<Row> {
    const [row] = await this.rows<Row>(query)
    if (row === undefined) throw new DroplakeError('ENGINE_FAILED', `a query that has one row had none: ${query.text}`)
    return row
  }

  /** Make the statement that is running now fail; nothing happens when none is. */
  interrupt(): void {
    this.connection.interrupt()
  }

  close(): void {
    this.#appending?.closeSync()
    this.connection.closeSync()
    this.#instance.closeSync()
  }

  async #guard<Result>(statement: Sql, action: () => Promise<Result>): Promise<Result> {
    try {
      return await action()
    } catch (cause) {
      throw (
        storageFailure(messageOf(cause), cause) ??
        new DroplakeError('ENGINE_FAILED', messageOf(cause), { cause, details: { sql: statement.text } })
      )
    }
  }
}

/** Only space, comments and semicolons: of such a text the engine says "Error in native callback" (seen on 1.5.6). */
function isBlank(text: string): boolean {
  return text.replace(/--[^\n]*|\/\*[\s\S]*?\*\//g, '').replace(/[\s;]/g, '') === ''
}

type Binding = { readonly value: DuckDBValue; readonly type: DuckDBType | undefined }

/** Whole numbers are bound as INTEGER or BIGINT: as DOUBLE or HUGEINT they would not fit functions such as `make_timestamp`. */
function binding(value: SqlValue): Binding {
  if (!Number.isSafeInteger(value)) return { value, type: undefined }
  return Math.abs(value as number) < 2 ** 31
    ? { value, type: INTEGER }
    : { value: BigInt(value as number), type: BIGINT }
}

function namedBindings(parameters: Readonly<Record<string, SqlValue>>) {
  const bindings = Object.entries(parameters).map(([name, value]) => [name, binding(value)] as const)
  const values = Object.fromEntries(bindings.map(([name, bound]) => [name, bound.value]))
  const types = Object.fromEntries(bindings.map(([name, bound]) => [name, bound.type]))
  return [values, types] as const
}

function borderRow(row: Record<string, unknown>): EngineRow {
  return Object.fromEntries(Object.entries(row).map(([name, value]) => [name, borderValue(value)]))
}

function borderValue(value: unknown): EngineValue {
  if (typeof value === 'bigint') return Number(value)
  if (Array.isArray(value)) return value.map(borderValue)
  return value as EngineValue
}

import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** What DuckDB binds as a parameter. */
export type SqlValue = string | number | bigint | boolean | null

/** A statement or a piece of one: `text` with a `?` for each of `values`, in order. */
export class Sql {
  readonly text: string
  readonly values: readonly SqlValue[]

  constructor(text: string, values: readonly SqlValue[] = []) {
    this.text = text
    this.values = values
  }
}

/** Build SQL: a piece of SQL goes in as it is, any other value becomes a bound parameter. */
export function sql(strings: TemplateStringsArray, ...parts: readonly (Sql | SqlValue)[]): Sql {
  let text = strings[0] ?? ''
  const values: SqlValue[] = []
  parts.forEach((part, index) => {
    if (part instanceof Sql) {
      text += part.text
      values.push(...part.values)
    } else {
      text += '?'
      values.push(part)
    }
    text += strings[index + 1] ?? ''
  })
  return new Sql(text, values)
}

/** A quoted name: `ident('dw', 'we"ird')` is `"dw"."we""ird"`. */
export function ident(...names: readonly string[]): Sql {
  return new Sql(names.map((name) => `"${name.replaceAll('"', '""')}"`).join('.'))
}

/** A value written into the text, for the places where DuckDB binds no parameter (ATTACH, views, COPY targets). */
export function literal(value: SqlValue | readonly string[] | Date): Sql {
  return new Sql(literalText(value))
}

/**
 * A path for DuckDB's readers that means this one file. They take `*`, `?` and `[` as patterns, and a folder named
 * `a[x]*` reads its neighbours (seen on 1.5.6); each of them in brackets stands for itself.
 */
export function exactPath(path: string): string {
  return path.replace(/[[*?]/g, (character) => `[${character}]`)
}

/**
 * `read_parquet` of exactly these files and their own columns. Without `hive_partitioning = false`, a folder named
 * `name=eu` anywhere in the path would replace the column `name` (seen on 1.5.6).
 *
 * @param paths absolute
 * @param option a further option of the reader
 */
export function readParquet(
  paths: readonly string[],
  option?: 'file_row_number = true' | "filename = '_data_file'",
): Sql {
  const files = literal(paths.map(exactPath))
  const options = ['union_by_name = true', 'hive_partitioning = false', ...(option === undefined ? [] : [option])]
  return new Sql(`read_parquet(${[files.text, ...options].join(', ')})`)
}

/** Pieces of SQL with a separator between them: `join(columns, ', ')`. */
export function join(pieces: readonly Sql[], separator: string): Sql {
  return new Sql(
    pieces.map((piece) => piece.text).join(separator),
    pieces.flatMap((piece) => piece.values),
  )
}

/** Text that is SQL already: a fixed statement, a keyword, a `.sql` file. Never a value from outside. */
export function raw(text: string): Sql {
  return new Sql(text)
}

/** The `.sql` file beside a module: `readSql(import.meta.url, './ledger.sql')`. */
export function readSql(moduleUrl: string, path: string): Sql {
  return new Sql(readFileSync(fileURLToPath(new URL(path, moduleUrl)), 'utf8'))
}

function literalText(value: SqlValue | readonly string[] | Date): string {
  if (value === null) return 'null'
  if (typeof value === 'string') return `'${value.replaceAll("'", "''")}'`
  if (value instanceof Date) return `timestamp '${value.toISOString().replace('T', ' ').replace('Z', '')}'`
  if (typeof value === 'object') return `[${value.map(literalText).join(', ')}]`
  return String(value)
}

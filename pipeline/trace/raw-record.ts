/** What of `control.files.dialect` says how a record was written. */
export interface RawDialect {
  readonly format: string
  /** Of a CSV: of each field, the table's column or the name of an extra one. */
  readonly columns: readonly string[]
  readonly delimiter?: string
  readonly quote?: string
  readonly escape?: string
}

/**
 * The text of a record, from what ODS has of it: a CSV's fields in the order of its file, between its delimiters, in quotes where
 * they need them. That is the record as it came, but for quotes that were not needed. An object of JSON lines has every value as
 * text, without those that were missing.
 *
 * @param cells by column of the table
 * @param extra JSON of what the table has no column for
 */
export function rawRecord(
  dialect: RawDialect | null,
  cells: ReadonlyMap<string, string | null>,
  extra: string | null,
): string {
  const others = extra === null ? {} : (JSON.parse(extra) as Readonly<Record<string, string | null>>)
  const textOf = (name: string) => cells.get(name) ?? (Object.hasOwn(others, name) ? others[name] : null) ?? null
  if (dialect?.format === 'jsonl') return jsonObject([...cells.keys(), ...Object.keys(others)], textOf)
  const columns = dialect?.columns ?? [...cells.keys()]
  const { delimiter = ',', quote = '"' } = dialect ?? {}
  return columns.map((name) => csvField(textOf(name) ?? '', delimiter, quote, dialect?.escape)).join(delimiter)
}

function csvField(text: string, delimiter: string, quote: string, escaping = 'doubled'): string {
  if (quote === '' || !(text.includes(delimiter) || text.startsWith(quote) || /[\r\n]/.test(text))) return text
  const inner =
    escaping === 'backslash'
      ? text.replaceAll('\\', '\\\\').replaceAll(quote, `\\${quote}`)
      : text.replaceAll(quote, quote + quote)
  return `${quote}${inner}${quote}`
}

function jsonObject(names: readonly string[], textOf: (name: string) => string | null): string {
  const entries = names.map((name) => [name, textOf(name)] as const).filter(([, value]) => value !== null)
  return `{${entries.map(([name, value]) => `${JSON.stringify(name)}: ${JSON.stringify(value)}`).join(', ')}}`
}

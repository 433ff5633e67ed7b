// What a contract says of a record, written down once more and without SQL: the pipeline's verdicts are held against it.

export interface PlainColumn {
  readonly type: string
  readonly format?: string
  readonly required?: boolean
  readonly trim?: boolean
  readonly nullValues?: readonly string[]
  readonly minLength?: number
  readonly maxLength?: number
  readonly pattern?: string
  readonly min?: string | number
  readonly max?: string | number
  readonly oneOf?: readonly (string | number)[]
}

/** A check as SQL and as a function of the row's values; it throws where the SQL fails, and null is SQL's NULL. */
export interface PlainCheck {
  readonly name: string
  readonly expression: string
  readonly holds: (values: Readonly<Record<string, Value>>) => boolean | null
}

/** Integers, decimals (in units of their last digit), days, microseconds: all whole. */
export type Value = bigint | number | string | boolean | null
export type PlainRecord = Readonly<Record<string, string | null>>

/** The rules that a record breaks by itself, in the order of their reasons. */
export function judgeRecord(
  columns: Readonly<Record<string, PlainColumn>>,
  checks: readonly PlainCheck[],
  record: PlainRecord,
): { readonly broken: string[]; readonly values: Record<string, Value> } {
  const texts: Record<string, string> = {}
  const values: Record<string, Value> = {}
  for (const [name, column] of Object.entries(columns)) {
    texts[name] = textOf(record[name] ?? '', column)
    values[name] = texts[name] === '' ? null : readValue(texts[name] ?? '', column)
  }
  const broken: string[] = []
  const judge = (kind: string, isBroken: (column: PlainColumn, text: string, value: Value) => boolean) => {
    for (const [name, column] of Object.entries(columns))
      if (isBroken(column, texts[name] ?? '', values[name] ?? null)) broken.push(`${kind}:${name}`)
  }
  judge('required', (column, text) => column.required !== false && text === '')
  judge('type', (_, text, value) => text !== '' && value === null)
  judge('min_length', ({ minLength }, text) => minLength !== undefined && text !== '' && [...text].length < minLength)
  judge('max_length', ({ maxLength }, text) => maxLength !== undefined && [...text].length > maxLength)
  judge(
    'pattern',
    ({ pattern }, text) => pattern !== undefined && text !== '' && !new RegExp(`^(?:${pattern})$`, 'u').test(text),
  )
  judge('min', (column, _, value) => column.min !== undefined && value !== null && value < named(column.min, column))
  judge('max', (column, _, value) => column.max !== undefined && value !== null && value > named(column.max, column))
  judge(
    'one_of',
    (column, _, value) =>
      column.oneOf !== undefined && value !== null && !column.oneOf.some((one) => named(one, column) === value),
  )
  for (const check of checks) if (!passes(check, values)) broken.push(`check:${check.name}`)
  return { broken, values }
}

function passes(check: PlainCheck, values: Readonly<Record<string, Value>>): boolean {
  try {
    return check.holds(values) !== false
  } catch {
    return false
  }
}

function named(value: string | number, column: PlainColumn): NonNullable<Value> {
  const read = readValue(String(value), column)
  if (read === null) throw new Error(`the contract names "${value}", which is no ${column.type}`)
  return read
}

const SPACE = '[\\u0009-\\u000d\\u0020\\u0085\\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000\\ufeff]+'

function textOf(raw: string, { trim, nullValues }: PlainColumn): string {
  const text = trim ? raw.replace(new RegExp(`^${SPACE}`, 'u'), '').replace(new RegExp(`${SPACE}$`, 'u'), '') : raw
  return nullValues?.includes(text) ? '' : text
}

function readValue(text: string, column: PlainColumn): Value {
  const [type] = column.type.split('(')
  switch (type) {
    case 'integer':
      return wholeNumber(text, 31n)
    case 'bigint':
      return wholeNumber(text, 63n)
    case 'decimal':
      return decimal(text, column.type)
    case 'double':
      return /^-?(0|[1-9]\d*)(\.\d+)?([eE][-+]?\d+)?$/.test(text) && Number.isFinite(Number(text)) ? Number(text) : null
    case 'boolean':
      return text === 'true' ? true : text === 'false' ? false : null
    case 'uuid':
      return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text) ? text.toLowerCase() : null
    case 'json':
      return isJson(text) ? text : null
    case 'date':
    case 'timestamp':
    case 'time':
      return moment(
        text,
        column.format ?? { date: '%Y-%m-%d', timestamp: '%Y-%m-%dT%H:%M:%SZ', time: '%H:%M:%S' }[type],
      )
    default:
      return text
  }
}

function wholeNumber(text: string, bits: bigint): bigint | null {
  if (!/^(0|-?[1-9][0-9]*)$/.test(text)) return null
  const value = BigInt(text)
  return value >= -(2n ** bits) && value < 2n ** bits ? value : null
}

function decimal(text: string, type: string): bigint | null {
  const [precision = 0, scale = 0] = (type.match(/\d+/g) ?? []).map(Number)
  const match = /^(-?)(0|[1-9][0-9]*)(?:\.([0-9]+))?$/.exec(text)
  if (match === null) return null
  const [, sign, whole = '', part = ''] = match
  if (part.length > scale) return null
  const units = BigInt(whole + part.padEnd(scale, '0'))
  return units < 10n ** BigInt(precision) ? (sign === '-' ? -units : units) : null
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
  } catch {
    return false
  }
  // A half of a pair of surrogates is no character; grammar lets it pass, DuckDB does not.
  const escapes = text.replace(/\\\\/g, '').replace(/\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}/g, '')
  return !/\\u[dD][89a-fA-F]/.test(escapes)
}

const PARTS: Record<string, string> = {
  '%Y': '(?<Y>[0-9]{4})',
  '%m': '(?<m>[0-9]{2})',
  '%d': '(?<d>[0-9]{2})',
  '%H': '(?<H>[0-9]{2})',
  '%I': '(?<I>[0-9]{2})',
  '%M': '(?<M>[0-9]{2})',
  '%S': '(?<S>[0-9]{2})',
  '%p': '(?<p>AM|PM)',
}

/** Microseconds since the beginning of year 1, of a time since midnight; null when there is no such moment. */
function moment(text: string, format: string): bigint | null {
  const pattern = format.replace(/[.\\]/g, '\\$&').replace(/%./g, (letter) => PARTS[letter] ?? letter)
  const parts = new RegExp(`^${pattern}$`).exec(text)?.groups
  if (parts === undefined) return null
  const part = (letter: string, otherwise: number) => (parts[letter] === undefined ? otherwise : Number(parts[letter]))
  const [year, month, day] = [part('Y', 1), part('m', 1), part('d', 1)]
  const [minute, second] = [part('M', 0), part('S', 0)]
  if (part('I', 1) < 1 || part('I', 1) > 12) return null
  const hour = parts.I === undefined ? part('H', 0) : (part('I', 0) % 12) + (parts.p === 'PM' ? 12 : 0)
  if (year < 1 || month < 1 || month > 12 || day < 1 || day > daysIn(year, month)) return null
  if (hour > 23 || minute > 59 || second > 59) return null
  return BigInt(((daysBefore(year, month) + day - 1) * 24 + hour) * 3600 + minute * 60 + second) * 1_000_000n
}

function isLeap(year: number): boolean {
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)
}

function daysIn(year: number, month: number): number {
  return [31, isLeap(year) ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1] ?? 0
}

function daysBefore(year: number, month: number): number {
  let days = (year - 1) * 365 + Math.floor((year - 1) / 4) - Math.floor((year - 1) / 100) + Math.floor((year - 1) / 400)
  for (let before = 1; before < month; before++) days += daysIn(year, before)
  return days
}

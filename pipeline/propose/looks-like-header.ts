/** Whether a first record names columns, and why that is thought, to follow "because". */
export interface HeaderGuess {
  readonly isHeader: boolean
  readonly reason: string
}

const LONGEST_NAME = 60
/** More than one letter in ten would be a rare name. */
const VALUE = /^[-+]?\d[\d.,:/ TZ+-]*$|^(true|false|yes|no)$|^[0-9a-f]{8}-[0-9a-f-]{27}$/i

/** @param others the records below it; null for a malformed one */
export function looksLikeHeader(
  first: readonly string[] | null,
  others: readonly (readonly string[] | null)[],
): HeaderGuess {
  if (first === null) return { isHeader: false, reason: 'it cannot be read' }
  const names = first.map((field) => field.trim())
  const value = names.find((name) => VALUE.test(name))
  if (value !== undefined) return { isHeader: false, reason: `"${value}" is a value, and no name` }
  if (names.every((name) => name === '')) return { isHeader: false, reason: 'it names nothing' }
  if (names.some((name) => name.length > LONGEST_NAME)) return { isHeader: false, reason: 'it has long texts' }
  const given = names.filter((name) => name !== '').map((name) => name.toLowerCase())
  if (new Set(given).size < given.length) return { isHeader: false, reason: 'it has one text twice' }
  const rows = others.filter((fields) => fields !== null && fields.length === first.length)
  if (rows.length === 0) return { isHeader: true, reason: 'it has texts alone, and nothing is below it' }
  const typed = names.find((_, index) => isMostly(rows, index, (field) => VALUE.test(field)))
  if (typed !== undefined) return { isHeader: true, reason: `"${typed}" stands above numbers or dates` }
  const again = names.find((name, index) => name !== '' && rows.some((fields) => fields?.[index]?.trim() === name))
  if (again !== undefined) return { isHeader: false, reason: `"${again}" comes again as a value` }
  if (names.every((name) => /^[\p{Ll}\d_ -]*$/u.test(name)) && hasCapitals(rows))
    return { isHeader: true, reason: 'it has small letters alone, and the records below have not' }
  if (names.some((name) => /_|\b(id|name|date|code|type|number)\b/i.test(name)))
    return { isHeader: true, reason: 'it has words such as columns have' }
  return { isHeader: false, reason: 'it is like the records below' }
}

function isMostly(
  rows: readonly (readonly string[] | null)[],
  index: number,
  test: (field: string) => boolean,
): boolean {
  const fields = rows.map((row) => row?.[index]?.trim() ?? '').filter((field) => field !== '')
  return fields.length > 0 && fields.filter(test).length * 2 > fields.length
}

function hasCapitals(rows: readonly (readonly string[] | null)[]): boolean {
  const capitals = rows.filter((fields) => fields?.some((field) => /\p{Lu}/u.test(field)))
  return capitals.length * 2 > rows.length
}

// One line of JSON, with numbers and nested values as the very text that stands there: JSON.parse would round 12345678901234567890.

export type JsonFault =
  | 'not_json'
  | 'not_an_object'
  | 'nul_byte'
  | 'not_utf8'
  | 'lone_surrogate'
  | 'key_twice'
  | 'unknown_key'

/** A key and its value as text; null for null. */
export type JsonEntry = readonly [key: string, text: string | null]

/** The entries of the object that a line holds, in its order, or what is wrong with it. */
export function parseObject(line: string): readonly JsonEntry[] | JsonFault {
  const value = parseJson(line)
  if (value === undefined) return 'not_json'
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return 'not_an_object'
  return entriesOf(line)
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}

/** @param line is known to be a well-formed object, so that a search for what comes next finds it */
function entriesOf(line: string): JsonEntry[] {
  const entries: JsonEntry[] = []
  let at = skipSpace(line, line.indexOf('{') + 1)
  while (line[at] === '"') {
    const keyEnd = stringEnd(line, at)
    const start = skipSpace(line, skipSpace(line, keyEnd) + 1)
    const end = valueEnd(line, start)
    entries.push([JSON.parse(line.slice(at, keyEnd)) as string, textOf(line.slice(start, end))])
    at = skipSpace(line, end)
    if (line[at] === ',') at = skipSpace(line, at + 1)
  }
  return entries
}

function textOf(value: string): string | null {
  if (value === 'null') return null
  return value.startsWith('"') ? (JSON.parse(value) as string) : value
}

/** Offset behind the value that begins at `start`. */
function valueEnd(line: string, start: number): number {
  const first = line[start]
  if (first === '"') return stringEnd(line, start)
  if (first !== '{' && first !== '[') return plainEnd(line, start)
  let depth = 0
  for (let at = start; ; at++) {
    const character = line[at]
    if (character === '"') at = stringEnd(line, at) - 1
    else if (character === '{' || character === '[') depth++
    else if ((character === '}' || character === ']') && --depth === 0) return at + 1
  }
}

/** Offset behind the closing quote of the string that opens at `start`. */
function stringEnd(line: string, start: number): number {
  let at = start + 1
  while (line[at] !== '"') at += line[at] === '\\' ? 2 : 1
  return at + 1
}

function skipSpace(line: string, start: number): number {
  let at = start
  while (line[at] === ' ' || line[at] === '\t' || line[at] === '\n' || line[at] === '\r') at++
  return at
}

/** Offset behind a number, true, false or null. */
function plainEnd(line: string, start: number): number {
  let at = start
  while (at < line.length && !/[\s,}]/.test(line[at] as string)) at++
  return at
}

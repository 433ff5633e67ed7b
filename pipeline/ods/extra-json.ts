/** What a record has beyond the table's columns, as it stands in `_extra`: an object of texts; null when all are missing. */
export function extraJson(entries: readonly (readonly [name: string, text: string | null])[]): string | null {
  if (entries.every(([, text]) => text === null)) return null
  return JSON.stringify(Object.fromEntries(entries))
}

/** What a record has beyond the table's columns, as it stands in `_extra`: an object of texts; null when all are missing. */
export function extraJson(entries: readonly (readonly [name: string, text: string | null])[]): string | null {
  if (entries.every(([, text]) => text === null)) return null
  // Not from an object: that would bring forward names such as "2024".
  return `{${entries.map((entry) => entry.map((text) => JSON.stringify(text)).join(':')).join(',')}}`
}

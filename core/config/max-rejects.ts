/** Of a file: a percentage of its records, `5%` or `0.1%`. */
export const PERCENTAGE = /^(100|\d{1,2}(\.\d{1,3})?)%$/

/** Whether more records of a file are refused than a table allows: a number, or a percentage of the file's records. */
export function isTooMany(maxRejects: number | string, rejects: number, records: number): boolean {
  if (typeof maxRejects === 'number') return rejects > maxRejects
  return rejects * 100 > Number.parseFloat(maxRejects) * records
}

export function readableRejects(maxRejects: number | string): string {
  return typeof maxRejects === 'number' ? String(maxRejects) : `${maxRejects} of them`
}

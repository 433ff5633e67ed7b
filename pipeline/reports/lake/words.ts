/** Words and numbers as the index writes them. */

/** `1,953 rows`, `1 row` */
export function count(number: number, noun: string, nouns = `${noun}s`): string {
  return `${number.toLocaleString('en-US')} ${number === 1 ? noun : nouns}`
}

/** `2026-11-21 14:56`, UTC */
export function moment(date: Date): string {
  return date.toISOString().slice(0, 16).replace('T', ' ')
}

/** `3 days`, `5 hours`, `2 minutes` */
export function duration(ms: number): string {
  const minutes = Math.round(ms / 60_000)
  if (minutes < 1) return 'under a minute'
  if (minutes < 120) return count(minutes, 'minute')
  const hours = Math.round(minutes / 60)
  return hours < 48 ? count(hours, 'hour') : count(Math.round(hours / 24), 'day')
}

/** A text of data that may be very long, cut for reading. */
export function cut(text: string, most = 160): string {
  return text.length <= most
    ? text
    : `${text.slice(0, most).replace(/[\ud800-\udbff]$/, '')}… (${count(text.length, 'character')})`
}

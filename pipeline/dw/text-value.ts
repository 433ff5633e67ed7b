import type { ColumnConfig } from '../../core/config/schema.ts'
import { ident, join, literal, type Sql, sql } from '../../core/sql.ts'

/** Unicode's White_Space, and U+FEFF, which is left over where files are put together. */
const WHITESPACE =
  '\t\n\v\f\r \u0085\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000\ufeff'

/** Whether a column's text is not used as it came: it is trimmed, or some texts count as missing. */
export function hasOwnText(column: ColumnConfig): boolean {
  return column.trim === true || (column.nullValues ?? []).length > 0
}

/** The name of the text that a column is judged by. */
export function textName(name: string, column: ColumnConfig): Sql {
  return hasOwnText(column) ? ident(`_text_${name}`) : ident(name)
}

/** SQL for that text: without whitespace around it where the contract says `trim`; NULL where it counts as missing. */
export function textValue(name: string, column: ColumnConfig): Sql {
  const text = column.trim ? sql`trim(${ident(name)}, ${literal(WHITESPACE)})` : ident(name)
  const missing = (column.nullValues ?? []).map((value) => literal(value))
  if (missing.length === 0) return text
  return sql`case when ${text} not in (${join(missing, ', ')}) then ${text} end`
}

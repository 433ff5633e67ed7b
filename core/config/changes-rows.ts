import type { TableConfig } from './schema.ts'

/** Whether records can change rows that are there. Data files then say since when each row is valid: the table may keep its history one day. */
export function changesRows({ onConflict }: Pick<TableConfig, 'onConflict'>): boolean {
  return onConflict === 'update' || onConflict === 'history'
}

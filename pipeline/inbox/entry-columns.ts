/** What a CSV of the quarantine says of its records, beside their columns. */
export const ENTRY_COLUMNS = ['_id', '_line', '_rules', '_reason', '_raw', '_file'] as const

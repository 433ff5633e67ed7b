export function generateEmployees(
  path: string,
  rows: number,
  kind?: 'clean' | 'quoted' | 'broken',
  firstId?: number,
): void

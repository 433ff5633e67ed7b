import { readFileSync, writeFileSync } from 'node:fs'
import { Engine } from '../../core/engine.ts'
import { literal, raw, sql } from '../../core/sql.ts'
import type { TempLake } from './temp-lake.ts'

/** Turn one bit of a file over. */
export function flipBit(path: string, bit: number): void {
  const bytes = readFileSync(path)
  bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7))
  writeFileSync(path, bytes)
}

/** Write over the middle of a catalog, so that DuckDB cannot read it any more. */
export function damageCatalog(path: string): void {
  const bytes = readFileSync(path)
  bytes.fill(0x5a, 8192)
  writeFileSync(path, bytes)
}

/** Tell a lie in the newest catalog of the history, and in its copy lake.duckdb. */
export async function tamper(lake: TempLake, statement: string): Promise<void> {
  const newest = (await lake.list('lake', 'history')).at(-1) ?? ''
  const engine = await Engine.open({ path: ':memory:' })
  try {
    await engine.run(sql`attach ${literal(lake.path('lake', 'history', newest))} as lie`)
    await engine.run(raw(`use lie; ${statement}; use memory; checkpoint lie; detach lie;`))
  } finally {
    engine.close()
  }
  writeFileSync(lake.path('lake', 'lake.duckdb'), readFileSync(lake.path('lake', 'history', newest)))
}

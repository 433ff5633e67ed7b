import { join } from 'node:path'
import type { Layout } from '../../control/layout.ts'
import type { DataFile } from '../../control/ledger.ts'
import { selectAll } from '../../control/relations.ts'
import type { Engine } from '../../core/engine.ts'
import { ident, sql } from '../../core/sql.ts'

/** Views `app.<mart>` in the engine over these data files, for marts that read marts; those that were there before are gone. */
export async function showMarts(engine: Engine, layout: Layout, martFiles: readonly DataFile[]): Promise<void> {
  await engine.run(sql`drop schema if exists memory.app cascade`)
  await engine.run(sql`create schema memory.app`)
  for (const file of martFiles) await showMart(engine, layout, file)
}

/** The view `app.<mart>` over one data file; `showMarts` goes before. */
export async function showMart(engine: Engine, layout: Layout, file: DataFile): Promise<void> {
  const view = ident('memory', 'app', file.tableName)
  await engine.run(sql`create or replace view ${view} as ${selectAll([join(layout.lake, file.path)])}`)
}

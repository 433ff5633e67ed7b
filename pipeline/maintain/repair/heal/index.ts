import type { Lake, Run } from '../../../../control/lake.ts'
import type { DataFile, ReturnEntry } from '../../../../control/ledger.ts'
import type { Unrepaired } from '../../../../control/repair/repair-catalogs.ts'
import { orderTables } from '../../../../core/config/order-tables.ts'
import { planInbox } from '../../../inbox/plan-inbox.ts'
import { type LakeRows, type LakeTable, readLakeTables } from '../../../verify/rows/lake-tables.ts'
import { findBlamedFile } from '../../../verify/rows/per-table.ts'
import type { Change } from '../../maintain.ts'
import { rebuildMarts } from '../../rebuild-marts.ts'
import { findMoves, type Moves } from './find-moves.ts'
import { quarantineMoved } from './quarantine-moved.ts'

/** What moving rows to quarantine did, and what it changes in the lake. */
export interface Healed {
  /** Null when no row can be moved. */
  readonly change: Change | null
  readonly steps: readonly { readonly file: string; readonly what: string }[]
  readonly unrepaired: readonly Unrepaired[]
}

/**
 * Move rows that break a promise of their table to quarantine, with the rules that they break: of a repeated key all but the row that
 * came first. Parents go before the tables that refer to them, so that rows which then refer to nothing follow. Marts are
 * computed again.
 */
export async function healRows(lake: Lake, run: Run): Promise<Healed> {
  const { engine, layout, project, state } = lake
  const rows: LakeRows = { engine, layout, project, dataFiles: state.dataFiles }
  let tables = await readLakeTables(rows)
  const steps: Healed['steps'][number][] = []
  const unrepaired: Unrepaired[] = []
  const written: DataFile[] = []
  const removed: string[] = []
  const returns: ReturnEntry[] = []
  for (const tableName of orderTables(project.config.tables) ?? []) {
    const table = tables.find((candidate) => candidate.tableName === tableName) as LakeTable
    const blamed = await findBlamedFile(rows, table, tables)
    if (blamed !== null) {
      unrepaired.push({ file: `dw.${tableName}`, why: `its rows cannot be judged, because ${blamed}` })
      continue
    }
    const moves = await findMoves(rows, run, table, tables)
    unrepaired.push(...moves.stuck.map((why) => ({ file: `dw.${tableName}`, why })))
    if (moves.rows === 0) continue
    const moved = await quarantineMoved(lake, run, table, moves)
    steps.push({ file: `dw.${tableName}`, what: sentence(moves) })
    written.push(...moved.written)
    removed.push(...moved.removed)
    returns.push(...moved.returns)
    tables = tables.map((other) => (other === table ? moves.remaining : other))
  }
  if (written.length === 0) return { change: null, steps, unrepaired }
  const gone = new Set(removed)
  const dataFiles = [...state.dataFiles.filter((file) => !gone.has(file.path)), ...written]
  const marts = await rebuildMarts(lake, run, dataFiles)
  return { change: await changeOf(lake, dataFiles, { written, removed, returns }, marts), steps, unrepaired }
}

async function changeOf(
  lake: Lake,
  dataFiles: readonly DataFile[],
  moved: { readonly written: DataFile[]; readonly removed: string[]; readonly returns: ReturnEntry[] },
  marts: Awaited<ReturnType<typeof rebuildMarts>>,
): Promise<Change> {
  return {
    entries: {
      ...marts.entries,
      returns: moved.returns,
      dataFiles: [...moved.written, ...marts.dataFiles],
      removed: [...moved.removed, ...marts.removed],
    },
    delivery: { ...marts.delivery, inbox: await planInbox(lake, lake.state.dataFiles, dataFiles) },
  }
}

function sentence({ rows, rules }: Moves): string {
  return `${rows} ${rows === 1 ? 'row was' : 'rows were'} moved to quarantine (${rules.join(', ')})`
}

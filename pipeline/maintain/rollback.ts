import { type OpenOptions, withLake } from '../../control/open-lake.ts'
import { asNewRange, isLiveIn, readStoredFiles, type StoredFile } from '../../control/stored-files.ts'
import { requireVersion, type Versions, withVersions } from '../../control/versions/open-versions.ts'
import type { Project } from '../../core/config/load-config.ts'
import type { Engine } from '../../core/engine.ts'
import { literal, type Sql, sql } from '../../core/sql.ts'
import { checkContracts } from '../dw/index.ts'
import { planInbox } from '../inbox/plan-inbox.ts'
import { type Maintained, maintain, settle, versionsOf } from './maintain.ts'

/** What a rollback would do. */
export interface RollbackPlan {
  readonly from: number
  readonly to: number
  /** Runs that will count no more, and runs that a rollback before had undone and that count again. */
  readonly undone: readonly number[]
  readonly redone: readonly number[]
  /** Uploads of the undone runs: they can be dropped again. */
  readonly uploads: readonly { readonly name: string; readonly runId: number }[]
  /** Data files that go out of the lake's newest version, and that come into it. */
  readonly removed: readonly StoredFile[]
  readonly added: readonly StoredFile[]
}

/**
 * What `rollback` would do, without doing it.
 *
 * @throws {DroplakeError} VERSION_NOT_FOUND, VERSION_VACUUMED, LAKE_NOT_FOUND, LAKE_DAMAGED
 */
export async function planRollback(project: Project, version: number): Promise<RollbackPlan> {
  return withVersions(project, (versions) => makePlan(versions, version))
}

/**
 * Give the lake the content that it had in an older version, as a new version. Runs since then become `rolled_back`, and
 * the content of their uploads is no duplicate any more; what the ledger says of them stays. Their CSVs in the inbox go,
 * reports follow.
 *
 * @returns null when the newest version has that content already
 * @throws {DroplakeError} CONTRACT_CONFLICT when today's config does not fit the rows of that version; VERSION_NOT_FOUND,
 *   VERSION_VACUUMED, LAKE_BUSY, LAKE_DAMAGED
 */
export async function rollback(
  project: Project,
  version: number,
  options: OpenOptions,
): Promise<(Maintained & { readonly plan: RollbackPlan }) | null> {
  return withLake(project, options, async (lake) => {
    const versions = await versionsOf(lake)
    const plan = await makePlan(versions, version)
    if (plan.removed.length + plan.added.length === 0) return null
    const leftover = await settle(lake)
    const present = await filesAt(versions, lake.state.version)
    const wanted = await filesAt(versions, version)
    await checkContracts({ ...lake, state: { ...lake.state, dataFiles: wanted, contracts: null } })
    const maintained = await maintain(lake, leftover, `rollback ${version}`, async () => ({
      entries: { ...dataFileEntries(plan, present, wanted), undo: plan },
      delivery: {
        inbox: await planInbox(lake, present, wanted),
        ...reportsOf(plan),
        // What tests found of the rows of another version; the next run tests anew.
        failingMarts: [],
      },
    }))
    return { ...maintained, plan }
  })
}

/**
 * Data files that end and begin. All marts begin anew, also those that stay: they belong to the tables of their version.
 */
function dataFileEntries(plan: RollbackPlan, present: readonly StoredFile[], wanted: readonly StoredFile[]) {
  const tables = (files: readonly StoredFile[]) => files.filter((file) => file.layer !== 'app')
  const marts = (files: readonly StoredFile[]) => files.filter((file) => file.layer === 'app')
  const begin = [...tables(plan.added), ...marts(wanted)]
  return {
    dataFiles: begin.map((file) => asNewRange(file, plan.to, plan.from + 1)),
    removed: [...tables(plan.removed), ...marts(present)].map((file) => file.path),
  }
}

async function filesAt({ engine }: Versions, version: number): Promise<StoredFile[]> {
  return (await readStoredFiles(engine, 'lake')).filter((file) => isLiveIn(file, version))
}

async function makePlan(versions: Versions, version: number): Promise<RollbackPlan> {
  requireVersion(version, versions)
  const { engine, newest } = versions
  const [present, wanted] = [await filesAt(versions, newest), await filesAt(versions, version)]
  const without = (files: readonly StoredFile[], others: readonly StoredFile[]) => {
    const paths = new Set(others.map((file) => file.path))
    return files.filter((file) => !paths.has(file.path))
  }
  const { undone, redone } = await readRuns(engine, version)
  const uploads = await engine.rows<{ name: string; run_id: number }>(sql`
    select name, run_id
    from lake.control.files
    where outcome = 'loaded' and list_contains(${numberList(undone)}, run_id::varchar)
    order by run_id, name`)
  return {
    from: newest,
    to: version,
    undone,
    redone,
    uploads: uploads.map((upload) => ({ name: upload.name, runId: upload.run_id })),
    removed: without(present, wanted),
    added: without(wanted, present),
  }
}

/** Runs that count today and did not in that version, and the other way round. A vacuum cannot be undone. */
async function readRuns(engine: Engine, version: number): Promise<Pick<RollbackPlan, 'undone' | 'redone'>> {
  const undoneThen = sql`select run_id from lake.control.undone_runs where undone_in <= ${version} and (redone_in is null or redone_in > ${version})`
  const rows = await engine.rows<{ run_id: number; counts_now: boolean; counted_then: boolean }>(sql`
    select run_id, status = 'committed' as counts_now, version <= ${version} and run_id not in (${undoneThen}) as counted_then
    from lake.control.runs
    where status in ('committed', 'rolled_back') and command not like 'vacuum%'
    order by run_id`)
  const idsOf = (wasThen: boolean, isNow: boolean) =>
    rows.filter((run) => run.counted_then === wasThen && run.counts_now === isNow).map((run) => run.run_id)
  return { undone: idsOf(false, true), redone: idsOf(true, false) }
}

function numberList(numbers: readonly number[]): Sql {
  return literal(numbers.map(String))
}

function reportsOf({ removed, added }: RollbackPlan) {
  const marts = added.filter((file) => file.layer === 'app')
  const names = new Set(marts.map((file) => file.tableName))
  const gone = removed.filter((file) => file.layer === 'app' && !names.has(file.tableName))
  return {
    reports: marts.map((file) => ({ martName: file.tableName, martPath: file.path })),
    goneMarts: gone.map((file) => file.tableName),
  }
}

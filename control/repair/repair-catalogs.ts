import { basename } from 'node:path'
import type { Project } from '../../core/config/load-config.ts'
import { copyToNewFile, ensureFolder, publishFile, removePath, syncFolder } from '../../core/durable-files.ts'
import { Engine } from '../../core/engine.ts'
import { historyPath, layoutOf } from '../layout.ts'
import { releaseLock, takeLock } from '../lock.ts'
import type { CatalogFile, Verification } from '../verify/verification.ts'
import { withVerification } from '../verify/verification.ts'
import { takeCatalogBack } from './take-catalog-back.ts'

/** Something that was made good, or would be. */
export interface RepairStep {
  /** Relative to the lake folder. */
  readonly file: string
  /** `it is copied from history/000007.duckdb` */
  readonly what: string
}

/** Something that cannot be made good by droplake, and why. */
export interface Unrepaired {
  readonly file: string
  readonly why: string
}

export interface CatalogRepair {
  readonly steps: readonly RepairStep[]
  readonly unrepaired: readonly Unrepaired[]
}

type Action = RepairStep & { readonly perform: () => Promise<void> }

/**
 * Make the catalogs whole: `lake.duckdb` is copied from the newest catalog of the history; a newest one that is damaged or
 * gone is made again from `lake.duckdb`, when that is whole and of the same version; older damaged ones are taken away,
 * because today's ledger knows all that they did.
 *
 * @param isDry only tell
 * @throws {DroplakeError} LAKE_BUSY; LAKE_DAMAGED when not one catalog can be read
 */
export async function repairCatalogs(project: Project, isDry: boolean): Promise<CatalogRepair> {
  if (isDry) return withVerification(project, async (verification) => planCatalogs(verification))
  const layout = layoutOf(project)
  const engine = await Engine.open({ path: ':memory:' })
  try {
    await takeLock(engine, layout)
    try {
      return await withVerification(project, async (verification) => {
        const plan = planCatalogs(verification)
        for (const action of plan.steps) await action.perform()
        return plan
      })
    } finally {
      await releaseLock(engine, layout)
    }
  } finally {
    engine.close()
  }
}

function planCatalogs(verification: Verification): { steps: Action[]; unrepaired: Unrepaired[] } {
  const newest = verification.history.at(-1)
  const older = verification.history.slice(0, -1).filter((catalog) => catalog.content === null)
  const steps = older.map((catalog) => removal(verification, catalog))
  if (newest?.content != null) return { steps: [...steps, ...publication(verification, newest)], unrepaired: [] }
  return restoration(verification, newest, steps)
}

function removal({ layout }: Verification, catalog: CatalogFile): Action {
  return {
    file: `history/${basename(catalog.path)}`,
    what: 'it is taken away; its version is read from the newest ledger',
    perform: async () => {
      await removePath(catalog.path)
      await syncFolder(layout.history)
    },
  }
}

function publication({ layout, published, notes }: Verification, newest: CatalogFile): Action[] {
  // A run that was cut short is finished by the next one, which publishes the catalog, too.
  if (notes.length > 0 || isSameAs(published, newest)) return []
  return [
    {
      file: 'lake.duckdb',
      what: `it is copied from history/${basename(newest.path)}`,
      perform: async () => {
        const beside = `${layout.catalog}.part`
        await copyToNewFile(newest.path, beside)
        await removePath(`${layout.catalog}.wal`)
        await publishFile(beside, layout.catalog)
      },
    },
  ]
}

/** Whether `lake.duckdb` says all that the newest catalog says; what it says beyond that is its owner's. */
function isSameAs(published: CatalogFile | null, newest: CatalogFile): boolean {
  if (published?.content == null || newest.content === null) return false
  const { tables, views, version } = newest.content
  const has = (mine: Readonly<Record<string, string>>, theirs: Readonly<Record<string, string>>) =>
    Object.entries(theirs).every(([name, text]) => mine[name] === text)
  return (
    published.content.version === version &&
    has(published.content.tables, tables) &&
    has(published.content.views, views)
  )
}

function restoration(
  verification: Verification,
  newest: CatalogFile | undefined,
  steps: Action[],
): { steps: Action[]; unrepaired: Unrepaired[] } {
  const { layout, published, project } = verification
  const version = newest?.namedVersion ?? published?.content?.version ?? 0
  const path = historyPath(layout, version)
  const file = `history/${basename(path)}`
  if (published?.content?.version === version) {
    const perform = async () => {
      await ensureFolder(layout.history)
      await takeCatalogBack(project, layout, path)
    }
    return { steps: [...steps, { file, what: 'it is made again from lake.duckdb', perform }], unrepaired: [] }
  }
  const found = published?.content == null ? 'cannot be read' : `is of version ${published.content.version}`
  const why = `it is the newest ledger, and lake.duckdb, the only copy of it, ${found}; put the file back from a backup of yours`
  return { steps, unrepaired: [{ file, why }] }
}

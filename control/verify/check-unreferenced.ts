import { basename, join } from 'node:path'
import { exists, listFolder } from '../../core/durable-files.ts'
import { LAYERS } from '../layout.ts'
import { type CheckResult, counted, type Finding } from './finding.ts'
import type { Verification } from './verification.ts'

/** Nothing lies in the lake that no kept version and no run at work needs. */
export async function checkUnreferenced(verification: Verification): Promise<CheckResult> {
  const found = await listDataFiles(verification)
  const needed = new Set(verification.needed.map((file) => file.path))
  const known = new Set(verification.stored.map((file) => file.path))
  const findings: Finding[] = [
    ...found.filter((path) => !needed.has(path)).flatMap((path) => unneeded(verification, path, known.has(path))),
    ...stagingFindings(verification),
    ...(await partFindings(verification)),
  ]
  const examined = `${counted(found.length, 'file')} in ${LAYERS.length} layers, ${counted(verification.notes.length, 'run folder')}`
  return { examined, findings, notes: verification.isNewest ? [] : ['unreferenced: the newest ledger cannot be read'] }
}

async function listDataFiles({ layout }: Verification): Promise<string[]> {
  const paths: string[] = []
  for (const layer of LAYERS) {
    for (const table of await listFolder(join(layout.lake, layer))) {
      const names = await listFolder(join(layout.lake, layer, table)).catch(() => [])
      paths.push(...names.map((name) => `${layer}/${table}/${name}`))
    }
  }
  return paths
}

function unneeded(verification: Verification, path: string, isKnown: boolean): Finding[] {
  const told = (message: string, remedy: Finding['remedy']): Finding[] => [
    { check: 'unreferenced', file: path, versions: [], message, remedy },
  ]
  const isAnyAtWork = verification.notes.some((note) => note.isAtWork)
  if (isKnown) {
    if (isAnyAtWork) return [] // a vacuum on its way
    return told('no kept version needs it; a vacuum was cut short', verification.notes.length > 0 ? 'run' : null)
  }
  const runId = Number(/^(\d{6,})[-.]/.exec(basename(path))?.[1] ?? Number.NaN)
  const note = verification.notes.find((candidate) => candidate.runId === runId)
  if (note?.isAtWork) return []
  if (!verification.isNewest) return [] // the ledger that knows it may be the one that cannot be read
  if (note !== undefined) return told(`run ${runId} was interrupted and left it`, 'run')
  return told('no run knows it; expected only files that the ledger has', null)
}

function stagingFindings({ notes }: Verification): Finding[] {
  return notes
    .filter((note) => !note.isAtWork)
    .map((note) => ({
      check: 'unreferenced',
      file: `staging/run-${String(note.runId).padStart(6, '0')}`,
      versions: [],
      message: `run ${note.runId} was cut short; what it left is finished or undone by the next run`,
      remedy: 'run',
    }))
}

/** Files that were being written under the name that they have before they get their own. */
async function partFindings({ layout, notes }: Verification): Promise<Finding[]> {
  if (notes.some((note) => note.isAtWork)) return []
  const inHistory = (await listFolder(layout.history)).map((name) => `history/${name}`)
  const parts = [...(await listFolder(layout.lake)), ...inHistory].filter((name) => /\.part(\.wal)?$/.test(name))
  const findings: Finding[] = []
  for (const name of parts) {
    if (!(await exists(join(layout.lake, name)))) continue
    findings.push({
      check: 'unreferenced',
      file: name,
      versions: [],
      message: 'it was half written when its process ended',
      remedy: 'run',
    })
  }
  return findings
}

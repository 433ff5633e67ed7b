import type { Run } from '../control/lake.ts'
import type { LedgerEntries, MartInput } from '../control/ledger.ts'
import type { AppResult, MartInputs } from './app/index.ts'

/** What a run adds to the control tables about its marts: what they read, what their tests said, what became of them. */
export function martEntries(
  { runId }: Run,
  { marts }: AppResult,
): Pick<LedgerEntries, 'martInputs' | 'martTests' | 'martResults'> {
  return {
    martInputs: marts.flatMap((mart) => (mart.isNew ? martInputsOf(mart.dataFile.path, mart.inputs) : [])),
    martTests: marts.flatMap(({ martName, tests }) =>
      tests.map(({ test, failingRows, found, sample }) => {
        const example = sample[0] === undefined ? null : JSON.stringify(sample[0])
        return { runId, martName, test, failingRows, found, example }
      }),
    ),
    martResults: marts.map(({ martName, isNew, heldBack }) => {
      const outcome = heldBack !== null ? 'held_back' : isNew ? 'new' : 'unchanged'
      return { runId, martName, outcome, reason: heldBack?.reason ?? null }
    }),
  }
}

/** What the data file of a mart was made of. */
export function martInputsOf(path: string, { tables, marts }: MartInputs): MartInput[] {
  return [...tables.map((name) => `dw.${name}`), ...marts.map((name) => `app.${name}`)].map((input) => ({
    path,
    input,
  }))
}

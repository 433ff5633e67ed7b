import type { Run } from '../control/lake.ts'
import type { LedgerEntries, MartInput } from '../control/ledger.ts'
import type { AppResult, MartInputs } from './app/index.ts'

/** What a run adds to the control tables about its marts: what they read, what their tests said, which were held back. */
export function martEntries(
  { runId }: Run,
  { marts }: AppResult,
): Pick<LedgerEntries, 'martInputs' | 'martTests' | 'heldMarts'> {
  return {
    martInputs: marts.flatMap((mart) => (mart.isNew ? martInputsOf(mart.dataFile.path, mart.inputs) : [])),
    martTests: marts.flatMap(({ martName, tests }) =>
      tests.map(({ test, failingRows, found, sample }) => {
        const example = sample[0] === undefined ? null : JSON.stringify(sample[0])
        return { runId, martName, test, failingRows, found, example }
      }),
    ),
    heldMarts: marts.flatMap(({ martName, heldBack }) =>
      heldBack === null ? [] : [{ runId, martName, reason: heldBack.reason }],
    ),
  }
}

/** What the data file of a mart was made of. */
export function martInputsOf(path: string, { tables, marts }: MartInputs): MartInput[] {
  return [...tables.map((name) => `dw.${name}`), ...marts.map((name) => `app.${name}`)].map((input) => ({
    path,
    input,
  }))
}

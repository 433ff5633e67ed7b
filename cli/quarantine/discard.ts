import { DroplakeError } from '../../core/errors.ts'
import { type DiscardPlan, discard, planDiscard } from '../../pipeline/maintain/discard.ts'
import { changeLake } from '../change-lake.ts'
import { visible } from '../format-table.ts'
import { filterOf, type QuarantineFlags } from './flags.ts'

/** `droplake quarantine discard employees --file old.csv --reason "test data"` */
export async function discardRecords(flags: QuarantineFlags & { readonly table: string }): Promise<number> {
  const { table, reason } = flags
  const filter = filterOf(flags)
  if (reason === undefined || reason.trim() === '')
    throw new DroplakeError('USAGE', 'quarantine discard: no reason is given', {
      hint: 'Say why, for those who ask later: --reason "test data"',
    })
  return changeLake(flags, {
    plan: (project) => planDiscard(project, table, filter),
    nothing: ({ records }) => (records > 0 ? null : `No record of ${table} in quarantine matches.`),
    describePlan,
    question: `Discard them (${visible(reason)})?`,
    perform: (project, options) => discard(project, table, filter, reason, options),
    describeDone: ({ records, version, runId }) =>
      `Discarded ${records} ${records === 1 ? 'record' : 'records'} of ${table}: version ${version} (run ${runId}). A rollback brings them back.`,
  })
}

function describePlan({ table, records, examples }: DiscardPlan): string {
  const more = records > examples.length ? ', …' : ''
  return `${records} ${records === 1 ? 'record' : 'records'} of ${table} in quarantine: ${examples.map(visible).join(', ')}${more}`
}

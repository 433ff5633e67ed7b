import type { Argv } from 'yargs'
import { assertNever, DroplakeError } from '../../core/errors.ts'
import type { QuarantineFlags } from '../quarantine/flags.ts'
import { withWaitOption } from '../wait-option.ts'

const ACTIONS = ['list', 'show', 'export', 'retry', 'discard'] as const

export const command = 'quarantine [action] [table]'
export const describe =
  'records that were refused: list, show or export them; retry after a rule was changed; discard what is given up'
export const builder = (parser: Argv) =>
  withWaitOption(parser)
    .positional('action', { choices: ACTIONS, default: 'list' as const, describe: 'what to do' })
    .positional('table', { type: 'string', describe: 'a table; list and retry take all when none is named' })
    .option('rule', { type: 'string', describe: 'only records that break this rule, such as required:employee_name' })
    .option('file', { type: 'string', describe: 'only records of the upload of this name' })
    .option('id', { type: 'array', string: true, describe: 'only these records, by their _id' })
    .option('left-out', {
      type: 'boolean',
      describe: 'only records that a CSV of the inbox has come back without',
    })
    .option('limit', { type: 'number', default: 20, describe: 'show: how many records' })
    .option('to', { type: 'string', describe: 'export: the CSV to write; default: <table>.quarantine.csv' })
    .option('reason', { type: 'string', describe: 'discard: why, for those who ask later' })
    .option('yes', { type: 'boolean', alias: 'y', describe: 'do not ask' })
    .option('dry-run', { type: 'boolean', describe: 'tell what would be done, and do nothing' })
    .example('$0 quarantine', 'what is open: table, rule, records, oldest, an example')
    .example('$0 quarantine show orders --rule required:price', 'the records, the bad cells marked')
    .example('$0 quarantine discard orders --file old.csv --reason "test data"', 'give them up')

type Flags = QuarantineFlags & { readonly action: (typeof ACTIONS)[number]; readonly table?: string | undefined }

/** Which of the options that choose records, or say more, an action has. */
const TAKES: Readonly<Record<(typeof ACTIONS)[number], readonly (keyof QuarantineFlags)[]>> = {
  list: [],
  show: ['rule', 'file', 'id', 'leftOut'],
  export: ['rule', 'file', 'id', 'leftOut', 'to'],
  retry: ['rule'],
  discard: ['rule', 'file', 'id', 'leftOut', 'reason'],
}

export async function handler(flags: Flags): Promise<number> {
  refuseOtherOptions(flags)
  switch (flags.action) {
    case 'list':
      return (await import('../quarantine/list.ts')).list(flags)
    case 'show':
      return (await import('../quarantine/show.ts')).show({ ...flags, table: tableOf(flags) })
    case 'export':
      return (await import('../quarantine/export.ts')).exportCsv({ ...flags, table: tableOf(flags) })
    case 'retry':
      return (await import('../quarantine/retry.ts')).retry(flags)
    case 'discard':
      return (await import('../quarantine/discard.ts')).discardRecords({ ...flags, table: tableOf(flags) })
    default:
      return assertNever(flags.action)
  }
}

function tableOf({ action, table }: Flags): string {
  if (table !== undefined) return table
  throw new DroplakeError('USAGE', `quarantine ${action}: no table is named`, {
    hint: 'See which tables have records there: droplake quarantine',
  })
}

/** An option that an action does not have would be passed over, and more records be meant than were named. */
function refuseOtherOptions(flags: Flags): void {
  const options = { rule: '--rule', file: '--file', id: '--id', leftOut: '--left-out', to: '--to', reason: '--reason' }
  for (const [key, option] of Object.entries(options) as [keyof typeof options, string][]) {
    if (flags[key] === undefined || TAKES[flags.action].includes(key)) continue
    const actions = ACTIONS.filter((action) => TAKES[action].includes(key)).map((action) => `quarantine ${action}`)
    throw new DroplakeError('USAGE', `quarantine ${flags.action} has no option ${option}`, {
      hint: `It is one of ${actions.join(', ')}.`,
    })
  }
}

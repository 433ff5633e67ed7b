import type { Argv } from 'yargs'
import { loadProject, type Project } from '../../core/config/load-config.ts'
import { requireTable } from '../../core/config/require-table.ts'
import { ruleIds, severityOf } from '../../core/config/rule-ids.ts'
import { DroplakeError } from '../../core/errors.ts'
import type { RulesTrial, TableTrial } from '../../pipeline/try-rules/index.ts'
import { type GlobalFlags, print, projectOf } from '../context.ts'
import { formatTable, visible } from '../format-table.ts'
import { progressLine } from '../progress.ts'
import { stopOnSignal } from '../stop-on-signal.ts'
import { Terminal } from '../terminal.ts'

const ACTIONS = ['list', 'try'] as const

export const command = 'rules [action] [table]'
export const describe = 'the rules of each table; try: what another config would make of all that the lake has'
export const builder = (parser: Argv) =>
  parser
    .positional('action', { choices: ACTIONS, default: 'list' as const, describe: 'what to do' })
    .positional('table', { type: 'string', describe: 'a table; all when none is named' })
    .option('config', { type: 'string', describe: 'try: a file like pipeline_config.json, with changed tables' })
    .example('$0 rules', 'each rule, and what it does when it is broken')
    .example('$0 rules try --config other.json orders', 'how many records more or fewer would be in quarantine')

interface RulesFlags extends GlobalFlags {
  readonly action: (typeof ACTIONS)[number]
  readonly table?: string | undefined
  readonly config?: string | undefined
}

export async function handler(flags: RulesFlags): Promise<number> {
  return flags.action === 'list' ? list(flags) : tryOther(flags)
}

function list(flags: RulesFlags): number {
  const project = projectOf(flags)
  if (flags.table !== undefined) requireTable(project, flags.table)
  const rules = Object.entries(project.config.tables)
    .filter(([name]) => (flags.table ?? name) === name)
    .flatMap(([name, table]) =>
      ruleIds(table).map((rule) => ({ table: name, rule, severity: severityOf(table, rule) })),
    )
  print(flags, rules, () =>
    formatTable(
      ['table', 'rule', 'when broken'],
      rules.map(({ table, rule, severity }) => [table, rule, severity]),
    ),
  )
  return 0
}

async function tryOther(flags: RulesFlags): Promise<number> {
  const { tryRules } = await import('../../pipeline/try-rules/index.ts')
  const { silentLogger } = await import('../../core/logger.ts')
  const project = projectOf(flags)
  const changed = changedProject(project, flags.config)
  if (flags.table !== undefined) requireTable(changed, flags.table)
  const terminal = new Terminal(process.stderr)
  const onProgress = progressLine(terminal, () => performance.now())
  const options = { log: silentLogger(), clock: () => new Date(), onProgress }
  const trial = await stopOnSignal((stop) => tryRules(changed, { ...options, stop }, flags.table ?? null)).finally(() =>
    terminal.clearStatus(),
  )
  print(flags, trial, () => formatTrial(trial))
  return 0
}

/** The project's own folders and settings, with the tables of the other file. */
function changedProject(project: Project, configFile: string | undefined): Project {
  if (configFile === undefined)
    throw new DroplakeError('USAGE', 'rules try: no config is named', {
      hint: 'Copy pipeline_config.json, change its rules, then: droplake rules try --config other.json',
    })
  const other = loadProject({ projectFolder: project.folder, configFile, cwd: process.cwd(), env: process.env })
  return { ...project, config: { ...project.config, tables: other.config.tables } }
}

function formatTrial({ tables }: RulesTrial): string {
  const rows = tables.map(({ table, rows, quarantined, released }) => [
    table,
    rows,
    quarantined.records,
    released.records,
  ])
  return [
    'Nothing was written.\n',
    formatTable(['table', 'rows now', 'would be quarantined', 'would be released'], rows, { counts: true }),
    ...tables
      .flatMap((table) => [changeOf(table, 'quarantined'), changeOf(table, 'released')])
      .filter((part) => part !== ''),
  ].join('\n')
}

const HEADINGS = {
  quarantined: 'rows that would be in quarantine',
  released: 'records in quarantine that a retry would load; what they broke',
}

function changeOf(trial: TableTrial, key: 'quarantined' | 'released'): string {
  const { rules, examples } = trial[key]
  if (examples.length === 0) return ''
  const lines = examples.map(({ file, line, reason }) => `  ${visible(`${file}:${line}`)}: ${visible(reason)}\n`)
  const counts = rules.map(({ rule, records }) => [records, rule])
  return `${visible(trial.table)}: ${HEADINGS[key]}\n${formatTable(['records', 'rule'], counts, { counts: true })}${lines.join('')}`
}

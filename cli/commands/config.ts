import type { Argv } from 'yargs'
import { flattenSettings } from '../../core/config/flatten-settings.ts'
import { configJsonSchema } from '../../core/config/schema.ts'
import { assertNever } from '../../core/errors.ts'
import { type GlobalFlags, print, projectOf } from '../context.ts'
import { formatTable } from '../format-table.ts'

export const command = 'config <action>'
export const describe =
  'show: every setting and where it comes from; check: the file and the SQL of the marts; schema: for editors'
export const builder = (parser: Argv) =>
  parser.positional('action', { choices: ['show', 'schema', 'check'] as const, demandOption: true })

export async function handler(flags: GlobalFlags & { readonly action: 'show' | 'schema' | 'check' }): Promise<number> {
  switch (flags.action) {
    case 'schema':
      process.stdout.write(`${JSON.stringify(configJsonSchema(), null, 2)}\n`)
      return 0
    case 'show':
      return showConfig(flags)
    case 'check':
      return checkConfig(flags)
    default:
      return assertNever(flags.action)
  }
}

async function showConfig(flags: GlobalFlags): Promise<number> {
  const project = projectOf(flags)
  const settings = flattenSettings(project)
  const rows = settings.map(({ setting, value, source }) => [
    setting,
    value === undefined ? '' : JSON.stringify(value),
    source,
  ])
  print(
    flags,
    { folder: project.folder, settings },
    () =>
      `${project.folder}/pipeline_config.json\n\n${formatTable(['setting', 'value', 'from'], rows, { maxWidth: 100 })}`,
  )
  return 0
}

async function checkConfig(flags: GlobalFlags): Promise<number> {
  const { checkMarts } = await import('../../pipeline/check-marts.ts')
  const project = projectOf(flags)
  const marts = (await checkMarts(project)).map(({ martName, inputs, tests, isFickle }) => ({
    mart: martName,
    reads: [...inputs.tables.map((name) => `dw.${name}`), ...inputs.marts.map((name) => `app.${name}`)],
    tests: tests.map((test) => test.name),
    isFickle,
  }))
  const tables = Object.keys(project.config.tables)
  const rows = marts.map(({ mart, reads, tests, isFickle }) => [
    `app.${mart}`,
    [...reads, ...(isFickle ? ['time, chance or files of its own'] : [])].join(', '),
    tests.length,
  ])
  print(flags, { folder: project.folder, tables, marts }, () =>
    [
      `${project.folder}/pipeline_config.json is in order: ${tables.length} tables, ${marts.length} marts.\n`,
      ...(rows.length === 0 ? [] : [formatTable(['mart', 'reads', 'tests'], rows, { maxWidth: 100 })]),
    ].join('\n'),
  )
  return 0
}

import { resolve } from 'node:path'
import type { Argv } from 'yargs'
import type { CheckedBackup, CodecName, FoundBackup } from '../../backup/index.ts'
import { layoutOf } from '../../control/layout.ts'
import type { Project } from '../../core/config/load-config.ts'
import { DroplakeError } from '../../core/errors.ts'
import { formatBytes } from '../../core/format-bytes.ts'
import { confirm } from '../confirm.ts'
import { type GlobalFlags, openOptions, print, projectOf } from '../context.ts'
import { formatTable, visible } from '../format-table.ts'
import { rowProgress } from '../progress.ts'
import { shortPath } from '../short-path.ts'
import { stopOnSignal } from '../stop-on-signal.ts'
import { type WaitFlags, waitMsOf, withWaitOption } from '../wait-option.ts'

export const command = 'backup [words..]'
export const describe = 'write tables as Avro files; backup list, backup verify, backup prune'
export const builder = (parser: Argv) =>
  withWaitOption(parser)
    .usage(
      '$0 backup TABLE… | --all\n$0 backup list [TABLE…]\n$0 backup verify [TABLE…] [--all]\n$0 backup prune [TABLE…] --keep 7',
    )
    .positional('words', { type: 'string', array: true, describe: 'tables; or list, verify, prune' })
    .option('table', {
      type: 'string',
      requiresArg: true,
      describe: 'a table, also one named list, verify or prune; may be given several times',
    })
    .option('all', { type: 'boolean', describe: 'all tables; verify: all backups, not only the newest of each table' })
    .option('to', { type: 'string', requiresArg: true, describe: 'folder of the backups; default: paths.backups' })
    .option('codec', {
      choices: ['deflate', 'null', 'snappy', 'zstd'] as const,
      default: 'deflate' as const,
      describe: 'how blocks are packed',
    })
    .option('keep', { type: 'number', requiresArg: true, describe: 'prune: how many backups of each table stay' })
    .option('yes', { type: 'boolean', alias: 'y', describe: 'prune: do not ask' })
    .option('dry-run', { type: 'boolean', describe: 'prune: tell what would be done, and do nothing' })

interface BackupFlags extends GlobalFlags, WaitFlags {
  readonly words?: readonly string[] | undefined
  readonly table?: string | readonly string[] | undefined
  readonly all?: boolean | undefined
  readonly to?: string | undefined
  readonly codec: CodecName
  readonly keep?: number | undefined
  readonly yes?: boolean | undefined
  readonly dryRun?: boolean | undefined
}

export async function handler(flags: BackupFlags): Promise<number> {
  const [action, ...words] = (flags.words ?? []).map(String)
  const names = [...words, ...[flags.table ?? []].flat()]
  const project = projectOf(flags)
  const folder = flags.to === undefined ? layoutOf(project).backups : resolve(flags.to)
  switch (action) {
    case 'list':
      return list(flags, project, folder, names)
    case 'verify':
      return verify(flags, folder, names)
    case 'prune':
      return prune(flags, project, folder, names)
    default:
      return write(flags, project, folder, action === undefined ? names : [action, ...names])
  }
}

async function write(flags: BackupFlags, project: Project, folder: string, tables: readonly string[]): Promise<number> {
  if ((tables.length === 0) === (flags.all !== true))
    throw new DroplakeError('USAGE', 'which tables? Name them, or say --all, not both', {
      hint: 'droplake backup --all',
    })
  const { backupTables } = await import('../../backup/index.ts')
  const { onRows, clear } = rowProgress()
  const entries = await stopOnSignal((stop) =>
    backupTables(project, flags.all === true ? null : tables, {
      folder,
      codec: flags.codec,
      clock: () => new Date(),
      onRows: (progress) => {
        stop.throwIfAborted()
        onRows(progress)
      },
    }),
  ).finally(clear)
  await note(flags, project, folder, flags.all === true ? 'backup --all' : `backup ${tables.join(' ')}`)
  print(flags, entries, () => {
    const rows = entries.map((entry) => [
      entry.tableName,
      entry.version,
      entry.rows,
      formatBytes(entry.bytes),
      shortPath(entry.path, process.cwd()),
    ])
    return formatTable(['table', 'version', 'rows', 'size', 'file'], rows, { counts: true, maxWidth: 100 })
  })
  return 0
}

/** While a run is at work, its end is waited for: what is noted needs the lake's lock, what is written does not. */
const WAIT_MS = 10 * 60 * 1000

async function note(flags: BackupFlags, project: Project, folder: string, what: string): Promise<void> {
  const { listBackups } = await import('../../backup/index.ts')
  const { noteBackups } = await import('../../pipeline/maintain/note-backups.ts')
  const found = (await listBackups(folder)).flatMap((backup) => (backup.status === 'readable' ? [backup.entry] : []))
  const waitMs = flags.wait === undefined ? WAIT_MS : waitMsOf(flags)
  const { terminal, ...options } = openOptions(project)
  try {
    await stopOnSignal((stop) => noteBackups(project, folder, found, what, { ...options, stop, waitMs }))
  } catch (cause) {
    if (!(cause instanceof DroplakeError) || cause.code !== 'LAKE_BUSY') throw cause
    throw new DroplakeError(
      'LAKE_BUSY',
      `${cause.message}; the files are as they have to be, but control.backups does not tell of it`,
      {
        cause,
        hint: 'The next droplake backup notes it, too.',
      },
    )
  } finally {
    terminal.clearStatus()
  }
}

async function list(flags: BackupFlags, project: Project, folder: string, tables: readonly string[]): Promise<number> {
  const { listBackups } = await import('../../backup/index.ts')
  const found = ofTables(await listBackups(folder), tables, folder)
  print(flags, { lake: project.config.name, folder, backups: found }, () => formatFound(found, folder))
  return 0
}

function formatFound(found: readonly FoundBackup[], folder: string): string {
  if (found.length === 0) return `No backup in ${visible(shortPath(folder, process.cwd()))}.\n`
  const rows = found.map((backup) =>
    backup.status === 'readable'
      ? [
          backup.entry.tableName,
          backup.entry.version,
          backup.entry.rows,
          formatBytes(backup.entry.bytes),
          backup.entry.codec,
          backup.entry.madeAt.toISOString().slice(0, 19).replace('T', ' '),
          shortPath(backup.path, process.cwd()),
        ]
      : [backup.tableName, null, null, null, null, backup.fault, shortPath(backup.path, process.cwd())],
  )
  return formatTable(['table', 'version', 'rows', 'size', 'codec', 'made (UTC)', 'file'], rows, {
    counts: true,
    maxWidth: 100,
  })
}

async function verify(flags: BackupFlags, folder: string, tables: readonly string[]): Promise<number> {
  const { listBackups, verifyBackup } = await import('../../backup/index.ts')
  const found = ofTables(await listBackups(folder), tables, folder)
  if (found.length === 0) throw noBackupOf(tables, folder)
  const wanted =
    flags.all === true ? found : found.filter((backup, index) => tableOf(found[index - 1]) !== tableOf(backup))
  const { onRows, clear } = rowProgress()
  const checked: CheckedBackup[] = []
  for (const backup of wanted) {
    const totalRows = backup.status === 'readable' ? backup.entry.rows : 0
    checked.push(
      await verifyBackup(backup.path, (doneRows) =>
        onRows({ table: tableOf(backup) ?? '', stage: 'check', doneRows, totalRows }),
      ),
    )
  }
  clear()
  const damaged = checked.filter((backup) => backup.fault !== null)
  print(flags, { folder, checked }, () => {
    const rows = checked.map(({ path, rows: count, fault }) => [
      shortPath(path, process.cwd()),
      count,
      fault ?? 'whole',
    ])
    return formatTable(['file', 'rows', 'state'], rows, { counts: true, maxWidth: 200 })
  })
  return damaged.length === 0 ? 0 : 1
}

/** @throws {DroplakeError} BACKUP_NOT_FOUND for tables that have none */
function ofTables(found: readonly FoundBackup[], tables: readonly string[], folder: string): readonly FoundBackup[] {
  const lacking = tables.filter((table) => !found.some((backup) => tableOf(backup) === table))
  if (lacking.length > 0) throw noBackupOf(lacking, folder)
  return tables.length === 0 ? found : found.filter((backup) => tables.includes(tableOf(backup) ?? ''))
}

function noBackupOf(tables: readonly string[], folder: string): DroplakeError {
  const which = tables.length === 0 ? '' : ` of ${tables.map((table) => `"${table}"`).join(', ')}`
  return new DroplakeError('BACKUP_NOT_FOUND', `there is no backup${which} in "${folder}"`, {
    hint: 'droplake backup list; droplake backup --all',
  })
}

function tableOf(backup: FoundBackup | undefined): string | undefined {
  return backup?.status === 'readable' ? backup.entry.tableName : backup?.tableName
}

async function prune(flags: BackupFlags, project: Project, folder: string, tables: readonly string[]): Promise<number> {
  const { keep } = flags
  if (keep === undefined || !Number.isSafeInteger(keep) || keep < 1)
    throw new DroplakeError(
      'USAGE',
      `--keep is ${keep ?? 'not given'}; expected how many backups of each table stay, such as 7`,
    )
  const { listBackups } = await import('../../backup/index.ts')
  const { planPrune, removeBackups } = await import('../../backup/prune.ts')
  const surplus = planPrune(ofTables(await listBackups(folder), tables, folder), keep)
  const text =
    surplus.length === 0
      ? 'No table has more backups.\n'
      : surplus.map((path) => `${shortPath(path, process.cwd())}\n`).join('')
  const isAsked = surplus.length > 0 && flags.dryRun !== true && flags.yes !== true
  if (isAsked) process.stderr.write(text)
  const isWanted = flags.dryRun !== true && (!isAsked || (await confirm(`Take away ${surplus.length} backups?`)))
  if (isWanted) {
    await removeBackups(surplus)
    await note(flags, project, folder, ['backup prune', ...tables, `--keep ${keep}`].join(' '))
  }
  print(flags, { dryRun: flags.dryRun === true, removed: isWanted ? surplus : [], surplus }, () =>
    isAsked ? '' : text,
  )
  return 0
}

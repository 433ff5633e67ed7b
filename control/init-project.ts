import { cp, readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { CONFIG_FILE } from '../core/config/load-config.ts'
import { configJsonSchema } from '../core/config/schema.ts'
import { ensureFolder, exists, listFolder, writeTextFile } from '../core/durable-files.ts'
import { DroplakeError } from '../core/errors.ts'
import { packageFolder } from '../core/package-folder.ts'

const SCHEMA_FILE = 'pipeline_config.schema.json'
const SAMPLES = 'samples/hires'
const DATA_FOLDERS = ['workingArea/uploads', 'workingArea/processed', 'quarantine', 'backups']

const GITIGNORE = [
  '/lake/',
  '/reports/',
  '/backups/*',
  '/workingArea/uploads/*',
  '/workingArea/processed/*',
  '/quarantine/*',
  '!.gitkeep',
  '',
].join('\n')

/**
 * Make a lake project in a folder that has none: config, the JSON Schema that it names, SQL, samples, empty data folders.
 *
 * @param folder absolute; made if it is not there
 * @returns the files made, relative to the folder
 * @throws {DroplakeError} PROJECT_EXISTS when a file is there already; nothing is written then
 */
export async function initProject(folder: string, options: { readonly empty: boolean }): Promise<string[]> {
  const copied = options.empty ? [] : await templateFiles()
  const written: Record<string, string> = {
    ...(options.empty ? { [CONFIG_FILE]: emptyConfig() } : {}),
    [SCHEMA_FILE]: `${JSON.stringify(configJsonSchema(), null, 2)}\n`,
    '.gitignore': GITIGNORE,
    ...Object.fromEntries(DATA_FOLDERS.map((path) => [`${path}/.gitkeep`, ''])),
  }
  const files = [...copied, ...Object.keys(written)].sort()
  await refuseToOverwrite(folder, files)
  for (const file of copied) {
    await ensureFolder(dirname(join(folder, file)))
    await cp(join(packageFolder(), file), join(folder, file))
  }
  for (const [file, text] of Object.entries(written)) {
    await ensureFolder(dirname(join(folder, file)))
    await writeTextFile(join(folder, file), text)
  }
  return files
}

/** What of droplake's own sample lake goes into a new project: its config, the SQL that it names, the sample files. */
async function templateFiles(): Promise<string[]> {
  const config = JSON.parse(await readFile(join(packageFolder(), CONFIG_FILE), 'utf8')) as {
    marts: Record<string, { sql: string }>
  }
  const samples = (await listFolder(join(packageFolder(), SAMPLES))).filter((name) => name.endsWith('.csv'))
  return [
    CONFIG_FILE,
    ...Object.values(config.marts).map((mart) => mart.sql),
    ...samples.map((name) => `${SAMPLES}/${name}`),
  ]
}

function emptyConfig(): string {
  return `${JSON.stringify({ $schema: `./${SCHEMA_FILE}`, name: 'lake', tables: {}, marts: {} }, null, 2)}\n`
}

async function refuseToOverwrite(folder: string, files: readonly string[]): Promise<void> {
  for (const file of files) {
    if (!(await exists(join(folder, file)))) continue
    throw new DroplakeError(
      'PROJECT_EXISTS',
      `"${join(folder, file)}" is there already; expected a folder without a lake project`,
      { hint: 'Name another folder, or move the file away.' },
    )
  }
}

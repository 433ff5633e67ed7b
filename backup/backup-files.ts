import { basename, dirname, join } from 'node:path'

/** Where the backups of a table lie, below the folder of all backups. */
export function backupPath(folder: string, table: string, version: number): string {
  return join(folder, table, `${table}.v${version}.avro`)
}

/** The newest backup of a table, under a name that stays the same. */
export function latestPath(folder: string, table: string): string {
  return join(folder, table, 'latest.avro')
}

/** The file beside a backup that says where its rows come from. */
export function lineagePath(path: string): string {
  return path.replace(/(\.avro)?$/, '.lineage.avro')
}

/** Where the lineage of a backup may be: beside it, under its own name or that of its version. */
export function lineageCandidates(path: string, table: string, version: number): string[] {
  return [lineagePath(path), lineagePath(join(dirname(path), `${table}.v${version}.avro`))]
}

/** Whether a file's name is that of a backup of one version. */
export function isBackupName(path: string): boolean {
  return /\.v\d+\.avro$/.test(basename(path))
}

import { cpSync, mkdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { REPOSITORY } from '../../helpers/temp-lake.ts'

/** The compiled droplake that the suites run: a copy, so that a build made meanwhile does not disturb them. */
export const APP = process.env.DROPLAKE_FAULTS_APP ?? REPOSITORY

/** Copy what was built into a folder. */
export function copyApp(folder: string): void {
  mkdirSync(folder, { recursive: true })
  for (const name of ['dist', 'bin', 'package.json', 'samples', 'pipeline_config.json'])
    cpSync(join(REPOSITORY, name), join(folder, name), { recursive: true })
  symlinkSync(join(REPOSITORY, 'node_modules'), join(folder, 'node_modules'))
}

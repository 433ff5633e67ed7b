import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import buildOnce from '../../helpers/build-once.ts'
import { copyApp } from './app.ts'
import { resultTable } from './results.ts'
import { IS_WHOLE } from './sample.ts'

/** Build, copy what was built, and print the table of results at the end. */
export default function setUp(): () => void {
  buildOnce()
  const folder = mkdtempSync(join(tmpdir(), 'droplake-faults-app-'))
  const results = process.env.DROPLAKE_FAULTS_RESULTS ?? join(folder, 'results.jsonl')
  writeFileSync(results, '')
  copyApp(join(folder, 'app'))
  process.env.DROPLAKE_FAULTS_APP = join(folder, 'app')
  process.env.DROPLAKE_FAULTS_RESULTS = results
  return () => {
    process.stdout.write(
      `\n${IS_WHOLE ? 'The whole suite' : 'A sample; all: make test-faults'}\n\n${resultTable(results)}\n`,
    )
    rmSync(folder, { recursive: true, force: true })
  }
}

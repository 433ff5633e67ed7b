import { execFileSync } from 'node:child_process'
import { join } from 'node:path'

/** Tests of the command line run what users run: bin/droplake over the compiled code. */
export default function buildOnce(): void {
  execFileSync(process.execPath, [join(import.meta.dirname, '..', '..', 'scripts', 'build.mjs')], { stdio: 'inherit' })
}

// Compile TypeScript into dist/ and put each .sql file beside its compiled module, where readSql looks for it.
import { execFileSync } from 'node:child_process'
import { cpSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const compiler = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin', 'tsc')

// Compiled beside and put in place whole, so that a run under way never finds half of it.
const next = join(root, `dist.${process.pid}`)
rmSync(next, { recursive: true, force: true })
execFileSync(process.execPath, [compiler, '-p', 'tsconfig.build.json', '--outDir', next], {
  cwd: root,
  stdio: 'inherit',
})
for (const folder of ['core', 'control', 'pipeline', 'backup', 'cli']) {
  for (const name of readdirSync(join(root, folder), { recursive: true })) {
    if (name.endsWith('.sql')) cpSync(join(root, folder, name), join(next, folder, name))
  }
}
rmSync(join(root, 'dist'), { recursive: true, force: true })
renameSync(next, join(root, 'dist'))

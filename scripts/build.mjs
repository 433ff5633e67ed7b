// Compile TypeScript into dist/, put each .sql file beside its compiled module, where readSql looks for it, and bundle what
// the pages of reports/ carry: their script, and ECharts for drawing them.
import { execFileSync } from 'node:child_process'
import { cpSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'rolldown'

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
const NOTICE = '/*! Holds parts of Apache ECharts (Apache-2.0, echarts.apache.org) and ZRender (BSD-3-Clause). */'
const reports = join(root, 'pipeline', 'reports')
await build({
  input: join(reports, 'browser', 'main.ts'),
  output: { file: join(next, 'pipeline', 'reports', 'page.js'), format: 'iife', minify: true, postBanner: NOTICE },
})
await build({
  input: join(reports, 'charts', 'draw-svg.ts'),
  platform: 'node',
  output: {
    file: join(next, 'pipeline', 'reports', 'charts', 'draw-svg.js'),
    format: 'esm',
    minify: true,
    postBanner: NOTICE,
  },
})
cpSync(join(reports, 'page.css'), join(next, 'pipeline', 'reports', 'page.css'))
rmSync(join(root, 'dist'), { recursive: true, force: true })
renameSync(next, join(root, 'dist'))

// Check the types, then bundle droplake into dist/: one file where there were hundreds of modules, because finding, reading and
// linking them took longer than a run with little to do. Beside it, what the bundle reads from a file: the .sql files, and what
// the pages of reports/ carry.
import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'rolldown'
import { bundleCommandLine } from './bundle-command-line.mjs'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const compiler = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin', 'tsc')

// Made beside and put in place whole, so that a run under way never finds half of it.
const next = join(root, `dist.${process.pid}`)
rmSync(next, { recursive: true, force: true })
mkdirSync(next)
execFileSync(process.execPath, [compiler, '-p', 'tsconfig.build.json'], { cwd: root, stdio: 'inherit' })
for (const folder of ['core', 'control', 'pipeline', 'backup', 'cli']) {
  for (const name of readdirSync(join(root, folder), { recursive: true })) {
    if (name.endsWith('.sql')) cpSync(join(root, folder, name), join(next, folder, name))
  }
}
await bundleCommandLine(root, next)

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

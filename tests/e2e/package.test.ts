import { execFileSync } from 'node:child_process'
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import { runProgram } from '../helpers/run-cli.ts'
import { REPOSITORY } from '../helpers/temp-lake.ts'

test('npm pack gives a tarball with which init and run work elsewhere', async () => {
  vi.stubEnv('DROPLAKE_REPORT_PAGES', 'true')
  const folder = mkdtempSync(join(tmpdir(), 'droplake-pack-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const packed = execFileSync('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', folder], {
    cwd: REPOSITORY,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const [{ filename }] = JSON.parse(packed) as [{ filename: string }]
  execFileSync('tar', ['-xzf', join(folder, filename), '-C', folder])
  const installed = join(folder, 'package')

  const sqlFiles = (root: string) =>
    ['core', 'control', 'pipeline', 'cli']
      .filter((part) => existsSync(join(root, part)))
      .flatMap((part) =>
        readdirSync(join(root, part), { recursive: true, encoding: 'utf8' })
          .filter((name) => name.endsWith('.sql') && !name.startsWith('app/marts/'))
          .map((name) => join(part, name)),
      )
  expect(sqlFiles(join(installed, 'dist'))).toEqual(sqlFiles(REPOSITORY))
  expect(sqlFiles(REPOSITORY)).toContain('control/ledger.sql')

  // What npm would install beside it, without a network.
  linkDependencies(join(installed, 'node_modules'))
  const bin = join(
    installed,
    (JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8')) as { bin: { droplake: string } }).bin.droplake,
  )
  const init = await runProgram(bin, ['init', 'mylake'], folder)
  expect([init.exitCode, init.stderr]).toEqual([0, ''])
  execFileSync('sh', ['-c', 'cp samples/hires/*.csv workingArea/uploads/'], { cwd: join(folder, 'mylake') })
  const run = await runProgram(bin, ['run', '-C', 'mylake', '--json'], folder)
  expect(run.exitCode, run.stderr).toBe(0)
  const { problems, marts } = JSON.parse(run.stdout) as { problems: string[]; marts: { report: string }[] }
  expect(problems).toEqual([])
  for (const { report } of marts) expect(readFileSync(report, 'utf8')).toContain('<svg')
  // ECharts is in it: the package does not bring it along.
  copyFileSync(join(installed, 'dist', 'pipeline', 'reports', 'charts', 'draw-svg.js'), join(folder, 'draw-svg.mjs'))
  execFileSync(process.execPath, ['draw-svg.mjs'], { cwd: folder, stdio: 'pipe' })
  expect((JSON.parse(run.stdout) as { marts: { rows: number }[] }).marts.every((mart) => mart.rows > 0)).toBe(true)
})

/** The packages that are no development dependencies, and no other: what is bundled is not looked for here. */
function linkDependencies(folder: string): void {
  const { packages } = JSON.parse(readFileSync(join(REPOSITORY, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { dev?: boolean }>
  }
  const places = Object.keys(packages).filter((place) => /^node_modules\/(@[^/]+\/)?[^/]+$/.test(place))
  for (const place of places.filter((name) => !packages[name]?.dev && existsSync(join(REPOSITORY, name)))) {
    const target = join(folder, place.slice('node_modules/'.length))
    mkdirSync(dirname(target), { recursive: true })
    symlinkSync(join(REPOSITORY, place), target)
  }
}

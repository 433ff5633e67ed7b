import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { configJsonSchema } from '../core/config/schema.ts'
import { ERROR_KINDS } from '../core/errors.ts'
import { REPOSITORY } from './helpers/temp-lake.ts'

const read = (path: string) => readFileSync(join(REPOSITORY, path), 'utf8')

test('docs/errors.md has one entry per error code, with its kind', () => {
  const documented = [...read('docs/errors.md').matchAll(/^### ([A-Z_]+) \((\w+)\)$/gm)].map((match) => [
    match[1],
    match[2],
  ])
  expect(documented.sort()).toEqual(
    Object.entries(ERROR_KINDS)
      .map(([code, kind]) => [code, kind])
      .sort(),
  )
})

test('pipeline_config.schema.json is what "droplake config schema" prints', () => {
  expect(JSON.parse(read('pipeline_config.schema.json'))).toEqual(JSON.parse(JSON.stringify(configJsonSchema())))
})

test('docs/dependencies.md has a line for every package in package.json', () => {
  const { dependencies, devDependencies } = JSON.parse(read('package.json')) as Record<string, Record<string, string>>
  const names = Object.keys({ ...dependencies, ...devDependencies })
  const lines = [...read('docs/dependencies.md').matchAll(/^\| `([^`]+)` *\|/gm)].map((match) => match[1])
  expect(lines.sort()).toEqual(names.sort())
})

test("package.json names the engine's version that its client wants", () => {
  const { dependencies, devDependencies } = JSON.parse(read('package.json')) as Record<string, Record<string, string>>
  const client = JSON.parse(read('node_modules/@duckdb/node-api/package.json')) as {
    version: string
    dependencies: Record<string, string>
  }
  expect(devDependencies?.['@duckdb/node-api']).toBe(client.version)
  expect(dependencies?.['@duckdb/node-bindings']).toBe(client.dependencies['@duckdb/node-bindings'])
})

test('every make target and droplake command that README and docs/commands.md name exists', () => {
  const text = read('README.md') + read('docs/commands.md')
  const help = execFileSync('make', ['help'], { cwd: REPOSITORY, encoding: 'utf8' })
  const targets = [...text.matchAll(/\bmake ([a-z-]+)\b/g)].map((match) => match[1] ?? '')
  expect(targets.length).toBeGreaterThan(2)
  for (const target of new Set(targets)) expect(help, `make ${target}`).toMatch(new RegExp(`make ${target}\\b`))
  const usage = execFileSync(process.execPath, [join(REPOSITORY, 'bin', 'droplake'), '--help'], { encoding: 'utf8' })
  const commands = [...text.matchAll(/(?:npx |bin\/|`)droplake ([a-z]+)/g)].map((match) => match[1] ?? '')
  expect(commands.length).toBeGreaterThan(5)
  for (const command of new Set(commands))
    expect(usage, `droplake ${command}`).toMatch(new RegExp(`droplake ${command}\\b`))
})

test('docs/commands.md has a line for every command', () => {
  const usage = execFileSync(process.execPath, [join(REPOSITORY, 'bin', 'droplake'), '--help'], { encoding: 'utf8' })
  const commands = [...usage.matchAll(/^ {2}droplake ([a-z]+)/gm)].map((match) => match[1] ?? '')
  expect(commands.length).toBeGreaterThan(5)
  for (const command of new Set(commands))
    expect(read('docs/commands.md'), command).toMatch(new RegExp(`\\| \`droplake ${command}\\b`))
})

test('links between the documents lead to files that are there', () => {
  const documents = [
    'README.md',
    'CONTRIBUTING.md',
    'CHANGELOG.md',
    ...readdirSync(join(REPOSITORY, 'docs'), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.md'))
      .map((name) => join('docs', name)),
  ]
  const broken = documents.flatMap((document) =>
    [...read(document).matchAll(/\]\((?!https?:|#)([^)#]+)/g)]
      .map((match) => match[1] ?? '')
      .filter((target) => !existsSync(join(REPOSITORY, document, '..', target)))
      .map((target) => `${document}: ${target}`),
  )
  expect(broken).toEqual([])
})

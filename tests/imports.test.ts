import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { expect, test } from 'vitest'
import { REPOSITORY } from './helpers/temp-lake.ts'

/** Imports run one way: a folder may import itself and what stands to its right; two at one place know nothing of each other. */
const ORDER = [['cli'], ['pipeline', 'backup'], ['control'], ['core']]

const placeOf = (path: string) => ORDER.findIndex((folders) => folders.includes(path.split('/')[0] ?? ''))
const folderOf = (path: string) => path.split('/')[0]

const sources = ORDER.flat().flatMap((folder) =>
  readdirSync(join(REPOSITORY, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => join(folder, name)),
)

const importsOf = (file: string): string[] => {
  const text = readFileSync(join(REPOSITORY, file), 'utf8')
  return [...text.matchAll(/(?:from|import\()\s*'(\.[^']+)'/g)].map((match) =>
    relative(REPOSITORY, join(REPOSITORY, dirname(file), match[1] ?? '')),
  )
}

test('imports run one way: cli, pipeline and backup, control, core', () => {
  expect(sources.length).toBeGreaterThan(40)
  const wrong = sources.flatMap((file) =>
    importsOf(file)
      .filter((target) => folderOf(target) !== folderOf(file) && placeOf(target) <= placeOf(file))
      .map((target) => `${file} imports ${target}`),
  )
  expect(wrong).toEqual([])
})

test('only core/durable-files.ts makes files last: nothing else renames, links or syncs', () => {
  const offenders = sources.filter((file) => {
    if (file === 'core/durable-files.ts') return false
    return /\b(rename|link|fsync|fdatasync)(Sync)?\b[^'\n]*from 'node:fs|\.(sync|datasync)\(\)/.test(
      readFileSync(join(REPOSITORY, file), 'utf8'),
    )
  })
  expect(offenders).toEqual([])
})

test('nothing about the hires lake stands in the code', () => {
  const offenders = sources.filter((file) => {
    const code = readFileSync(join(REPOSITORY, file), 'utf8').replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, '')
    return /\b(departments|employees|jobs|hiring_date)\b/.test(
      code.replace(/`[^`]*droplake[^`]*`|'samples\/hires'/g, ''),
    )
  })
  expect(offenders).toEqual([])
})

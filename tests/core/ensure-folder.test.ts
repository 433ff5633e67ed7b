import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { ensureFolder } from '../../core/durable-files.ts'

const tempFolder = () => {
  const folder = mkdtempSync(join(tmpdir(), 'droplake-test-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

test('folders are made as deep as they are asked for, by several at once, and again', async () => {
  const folder = tempFolder()
  const deep = join(folder, 'a', 'b', 'c')
  await Promise.all([ensureFolder(deep), ensureFolder(deep), ensureFolder(join(folder, 'a', 'x'))])
  await ensureFolder(deep)
  await ensureFolder('/')
  expect([existsSync(deep), existsSync(join(folder, 'a', 'x'))]).toEqual([true, true])
})

test('a file in the way is told', async () => {
  const folder = tempFolder()
  writeFileSync(join(folder, 'file'), '')
  await expect(ensureFolder(join(folder, 'file'))).rejects.toMatchObject({ code: 'EEXIST' })
  await expect(ensureFolder(join(folder, 'file', 'below'))).rejects.toMatchObject({ code: 'ENOTDIR' })
})

test.skipIf(!existsSync('/proc/self'))('a folder that the system refuses is told, and not tried for ever', async () => {
  await expect(ensureFolder('/proc/nope/below')).rejects.toMatchObject({ code: 'ENOENT' })
})

import { mkdir, mkdtemp, rm, unlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'

const FOLDERS = 50
const FILES_PER_FOLDER = 20

/**
 * A temporary folder below which files were made and removed: a file system such as ext4 then gives the inode of a file that was just
 * deleted to the next one, as it does in a folder that has been used for long. It is gone when the test has ended.
 */
export async function wellFilledFolder(): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'droplake-filled-'))
  onTestFinished(() => rm(root, { recursive: true, force: true }))
  for (let folder = 0; folder < FOLDERS; folder++) {
    const path = join(root, `filled-${folder}`)
    await mkdir(path)
    const files = Array.from({ length: FILES_PER_FOLDER }, (_, file) => join(path, `${file}`))
    await Promise.all(files.map((file) => writeFile(file, 'filled')))
    await Promise.all(files.filter((_, file) => file % 2 === 0).map((file) => unlink(file)))
  }
  return root
}

// Adds to package-lock.json the optional packages of other platforms that npm left out, because the registry it asked has
// only this platform's: without them `npm ci` refuses the lock. Run it after a change of dependencies: node scripts/complete-lock.mjs
import { readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const PATH = join(dirname(fileURLToPath(import.meta.url)), '..', 'package-lock.json')
/** Platform packages end like this: `-linux-x64`, `-linux-arm64-musl`, `-win32-x64`. */
const PLATFORM = /-(linux|darwin|win32|android)-(x64|arm64)(-musl)?$/

const lock = JSON.parse(readFileSync(PATH, 'utf8'))
let added = 0
for (const { optionalDependencies = {}, dev } of Object.values(lock.packages)) {
  for (const [name, version] of Object.entries(optionalDependencies)) {
    const [, os, cpu, musl] = PLATFORM.exec(name) ?? []
    if (os === undefined || lock.packages[`node_modules/${name}`] !== undefined) continue
    const libc = os === 'linux' ? { libc: [musl ? 'musl' : 'glibc'] } : {}
    lock.packages[`node_modules/${name}`] = {
      version,
      cpu: [cpu],
      ...(dev ? { dev } : {}),
      ...libc,
      optional: true,
      os: [os],
    }
    added++
  }
}
lock.packages = Object.fromEntries(Object.entries(lock.packages).sort(([a], [b]) => (a < b ? -1 : 1)))
writeFileSync(PATH, `${JSON.stringify(lock, null, 2)}\n`)
console.log(`package-lock.json: ${added} added`)

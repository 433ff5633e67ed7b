// A droplake that waits for a word before it begins, so that a tracer can be put on it first and sees nothing of the start.
// node victim.mjs <folder of the compiled app> <words of the command line…>
import { readdirSync, readSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

const [app, ...words] = process.argv.slice(2)
const compiled = join(app, 'dist', 'cli')
for (const name of readdirSync(compiled)) await import(pathToFileURL(join(compiled, name)).href)
const { main } = await import(pathToFileURL(join(compiled, 'main.js')).href)
process.stderr.write('ready\n')
readSync(0, Buffer.alloc(1))
process.exitCode = await main(words)

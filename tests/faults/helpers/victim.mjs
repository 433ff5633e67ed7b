// A droplake that waits for a word before it begins, so that a tracer can be put on it first and sees nothing of the start.
// node victim.mjs <folder of the compiled app> <words of the command line…>
import { readSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

const [app, ...words] = process.argv.slice(2)
const module = (path) => import(pathToFileURL(join(app, 'dist', path)).href)
const { main } = await module('cli/main.js')
for (const path of ['cli/commands/run.js', 'pipeline/run.js']) await module(path)
process.stderr.write('ready\n')
readSync(0, Buffer.alloc(1))
process.exitCode = await main(words)

// A process that runs droplake each time it is told to: { folder } in, { exitCode, stderr } out.
// node contender.mjs <folder of the compiled app>, with an IPC channel
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

const { main } = await import(pathToFileURL(join(process.argv[2], 'dist/cli/main.js')).href)
let stderr = ''
process.stderr.write = (text) => {
  stderr += text
  return true
}
process.on('message', async ({ folder }) => {
  stderr = ''
  const exitCode = await main(['run', '-C', folder])
  process.send({ exitCode, stderr })
})
process.send('ready')

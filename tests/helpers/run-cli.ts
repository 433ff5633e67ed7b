import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { REPOSITORY } from './temp-lake.ts'

export interface CliResult {
  readonly exitCode: number | null
  readonly stdout: string
  readonly stderr: string
  readonly stdoutBytes: Buffer
}

export const DROPLAKE = join(REPOSITORY, 'bin', 'droplake')

/** Run bin/droplake in a folder, as a person does. */
export function droplake(folder: string, ...words: string[]): Promise<CliResult> {
  return runProgram(process.execPath, [DROPLAKE, ...words], folder)
}

export function runProgram(program: string, words: readonly string[], folder: string): Promise<CliResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, words, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] })
    const [out, err]: [Buffer[], Buffer[]] = [[], []]
    child.stdout.on('data', (bytes: Buffer) => out.push(bytes))
    child.stderr.on('data', (bytes: Buffer) => err.push(bytes))
    child.on('error', reject)
    child.on('close', (exitCode) => {
      const stdoutBytes = Buffer.concat(out)
      resolve({
        exitCode,
        stdout: stdoutBytes.toString('utf8'),
        stderr: Buffer.concat(err).toString('utf8'),
        stdoutBytes,
      })
    })
  })
}

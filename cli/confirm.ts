import { createInterface } from 'node:readline/promises'
import { DroplakeError } from '../core/errors.ts'

/**
 * Ask before something is changed that people may miss.
 *
 * @returns whether the answer was yes
 * @throws {DroplakeError} USAGE where nobody can be asked
 */
export async function confirm(question: string): Promise<boolean> {
  if (!process.stdin.isTTY)
    throw new DroplakeError('USAGE', 'nobody can be asked here whether to go on; nothing was changed', {
      hint: 'Say --yes to do it, or --dry-run to see what it would do.',
    })
  const lines = createInterface({ input: process.stdin, output: process.stderr })
  try {
    const answer = await lines.question(`${question} [y/N] `)
    return /^y(es)?$/i.test(answer.trim())
  } finally {
    lines.close()
  }
}

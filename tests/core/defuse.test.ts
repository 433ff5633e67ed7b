import { afterAll, beforeAll, expect, test } from 'vitest'
import { defused, defuseText, undefused } from '../../core/defuse.ts'
import { Engine } from '../../core/engine.ts'
import { literal, raw, sql } from '../../core/sql.ts'

let engine: Engine
beforeAll(async () => {
  engine = await Engine.open({ path: ':memory:' })
})
afterAll(() => engine.close())

/** All texts of up to five of the characters that matter. */
function texts(): string[] {
  const letters = ["'", '=', '+', '-', '@', '\t', '\r', '\n', '1', '.', ',', 'e', 'x']
  const all = ['']
  for (let from = 0, length = 1; length <= 4; length++) {
    const end = all.length
    for (let index = from; index < end; index++) for (const letter of letters) all.push(`${all[index]}${letter}`)
    from = end
  }
  return all
}

const isNumber = (text: string) => /^[-+]?\d+([.,]\d+)?([eE][-+]?\d+)?$/.test(text)
const wouldRun = (text: string) => /^[=+\-@\t\r]/.test(text) && !isNumber(text)

test('no cell that a spreadsheet would run is left, numbers stay numbers, and every text comes back', async () => {
  const all = texts()
  const rows = await engine.rows<{ text: string; cell: string; back: string }>(sql`
    select text, cell, ${undefused(raw('cell'))} as back
    from (select text, ${defused(raw('text'))} as cell from (select unnest(${literal(all)}) as text))`)
  expect(rows).toHaveLength(all.length)
  const wrong = rows.filter(({ text, cell, back }) => {
    const isLeft = wouldRun(cell) || (isNumber(text) && cell !== text)
    return isLeft || back !== text || cell !== defuseText(text)
  })
  expect(wrong).toEqual([])
})

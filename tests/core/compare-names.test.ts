import fc from 'fast-check'
import { expect, test } from 'vitest'
import { compareNames } from '../../core/compare-names.ts'
import { Engine } from '../../core/engine.ts'
import { literal, sql } from '../../core/sql.ts'

test('names are in the order of their code points, also beyond the basic plane', () => {
  expect(['a_😀', 'a_～', 'a', 'a_', 'B'].sort(compareNames)).toEqual(['B', 'a', 'a_', 'a_～', 'a_😀'])
})

test('the engine orders names alike', async () => {
  const engine = await Engine.open({ path: ':memory:' })
  const character = fc.oneof(
    fc.constantFrom('a', '_', '～', '\u{ffff}', '\u{e000}', '\u{d7ff}', '😀', '\u{10000}', '\u{10ffff}'),
    fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }).filter((text) => text !== '\0'),
  )
  const name = fc.array(character, { maxLength: 5 }).map((characters) => characters.join(''))
  try {
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(name, { minLength: 2, maxLength: 20 }), async (names) => {
        const rows = await engine.rows<{ name: string }>(
          sql`select name from unnest(${literal(names)}) as _names(name) order by name`,
        )
        expect(rows.map((row) => row.name)).toEqual([...names].sort(compareNames))
      }),
    )
  } finally {
    engine.close()
  }
})

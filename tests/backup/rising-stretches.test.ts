import fc from 'fast-check'
import { expect, test } from 'vitest'
import { RisingStretches } from '../../backup/rising-stretches.ts'

const always = () => true

/** The ranges of numbers, given chunk by chunk. */
function overlapsOf(numbers: readonly bigint[], words: 1 | 2, chunkRows = 7) {
  const stretches = new RisingStretches()
  for (let start = 0; start < numbers.length; start += chunkRows) {
    const chunk = numbers.slice(start, start + chunkRows)
    const values = words === 1 ? Int32Array.from(chunk, Number) : new Int32Array(BigInt64Array.from(chunk).buffer)
    stretches.take({ values, words, isThere: always }, chunk.length)
  }
  return stretches.overlaps
}

const small = fc.array(fc.oneof(fc.integer({ min: -20, max: 20 }), fc.integer()).map(BigInt))
const large = fc.array(
  fc.oneof(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), fc.bigInt(2n ** 62n, 2n ** 62n + 9n)),
)

test.each([
  [1, small],
  [2, large],
] as const)('numbers of %s words that come twice are in the ranges', (words, numbers) => {
  fc.assert(
    fc.property(numbers, (all) => {
      const ranges = overlapsOf(all, words) ?? []
      const twice = all.filter((number, index) => all.indexOf(number) !== index)
      for (const number of twice)
        expect(
          ranges.some(({ first, last }) => first <= number && number <= last),
          String(number),
        ).toBe(true)
    }),
  )
})

test('parts of a rising column, in any order and with gaps, have none in common', () => {
  const part = (start: number) => Array.from({ length: 3000 }, (_, index) => BigInt(start + index * 2))
  expect(overlapsOf([...part(0), ...part(20_000), ...part(6001), ...part(40_000)], 1, 2048)).toEqual([])
  expect(overlapsOf([...part(0), 17n], 1)).toEqual([{ first: 17n, last: 17n }])
  expect(overlapsOf([], 1)).toEqual([])
})

test('of a column in no order nothing is known; long jumps alone do not make it one', () => {
  expect(
    overlapsOf(
      Array.from({ length: 30_000 }, (_, index) => BigInt(30_000 - index)),
      1,
    ),
  ).toBeNull()
  expect(
    overlapsOf(
      Array.from({ length: 30_000 }, (_, index) => BigInt(index * 2000)),
      1,
    ),
  ).toEqual([])
})

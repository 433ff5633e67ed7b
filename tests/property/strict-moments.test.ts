import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Engine } from '../../core/engine.ts'
import { ident, join, literal, raw, sql } from '../../core/sql.ts'
import { isStrictMoment } from '../../pipeline/dw/typed-value.ts'

// `isStrictMoment` takes a short cut for formats whose parts all have their full width. The long way is the truth: a moment,
// written back, is the same text. Both are SQL, so that one query judges a whole list of texts.
const FORMATS = [
  ...['%Y-%m-%dT%H:%M:%SZ', '%Y-%m-%d', '%Y/%m/%d %H:%M:%S', '%Y%m%d', '%Y%m%d%H%M%S', '%Y-%d-%m', '%Y %m %d'],
  ...[
    '%Y年%m月%d日',
    '%Y-%m-%d %d',
    '%Y%%%m',
    '%Y0%m0%d',
    '%Y.%m',
    '%Y',
    '%Y-%m-%d %H',
    '%Yé',
    '%Y%m-%d%H',
    '%Y-%H:%M',
  ],
  ...['%d.%m.%Y', '%Y-%-m-%-d', '%y%m%d', '%b %d, %Y', '%Y-%j'],
]

/** Long runs look at more texts: there are 5,000 per format in the short one. */
const TEXTS_PER_FORMAT = Number(process.env.DROPLAKE_MOMENTS ?? 5000)

const CHARACTERS = [...'0123456789', ...'0123456789', ...' -+/:.TZé年\t%', '٣', '\u00a0']

const edit = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  removed: fc.integer({ min: 0, max: 2 }),
  added: fc.array(fc.constantFrom(...CHARACTERS), { maxLength: 2 }).map((parts) => parts.join('')),
})

/** Moments written by a format, most of them then damaged a little. */
function mutated(moment: string, edits: readonly { at: number; removed: number; added: string }[]): string {
  return edits.reduce((text, { at, removed, added }) => {
    const place = Math.floor(at * (text.length + 1))
    return text.slice(0, place) + added + text.slice(place + removed)
  }, moment)
}

const text = fc.record({
  moment: fc.date({
    min: new Date('0001-01-01T00:00:00Z'),
    max: new Date('9999-12-31T23:59:59Z'),
    noInvalidDate: true,
  }),
  edits: fc.oneof(
    { arbitrary: fc.constant([]), weight: 1 },
    { arbitrary: fc.array(edit, { maxLength: 3 }), weight: 6 },
  ),
})

test.each(FORMATS)('the short cut for moments written as %s judges as writing them back does', async (format) => {
  const engine = await Engine.open({ path: ':memory:', threads: 2 })
  try {
    const samples = fc.sample(text, TEXTS_PER_FORMAT)
    const moments = join(
      samples.map(({ moment }) => literal(moment.toISOString().slice(0, 19))),
      ', ',
    )
    const written = await engine.rows<{ text: string }>(sql`
      select strftime(moment::timestamp, ${literal(format)}) as text
      from (select unnest([${moments}]) as moment)`)
    const texts = written.map(({ text }, index) => mutated(text, samples[index]?.edits ?? []))
    const list = join(
      [...texts, '', ...EDGES].map((one) => literal(one)),
      ', ',
    )
    const loose = ident('loose')
    const wrong = await engine.rows(sql`
      with judged as (
        select
          text,
          try_strptime(text, ${literal(format)}) as loose,
          coalesce(${isStrictMoment(ident('text'), loose, format)}, false) as found,
          coalesce(strftime(loose, ${literal(format)}) = text and year(loose) between 1 and 9999, false) as expected
        from (select unnest([${list}]) as text)
      )
      select text, loose::varchar as loose, found, expected, count(*) over () as ${raw('number')}
      from judged
      where found <> expected
      limit 5`)
    expect(wrong).toEqual([])
  } finally {
    await engine.close()
  }
})

const EDGES = [
  ...[
    '0000-01-01',
    '0001-01-01',
    '9999-12-31',
    '10000-1-01',
    '+024-01-01',
    '-001-01-01',
    '2024-02-30',
    ' 2024-1-01',
    '2024-1-001',
  ],
  ...[
    '2024-01-01T24:00:00Z',
    '2024-01-01T23:59:60Z',
    '2024-01-01T23:59:59z',
    '0000-01-01T00:00:00Z',
    '2024-01-1 T1:00:00Z',
  ],
  ...[
    '20240101',
    '2024 101',
    '202411 1',
    '2024/01/01 00:00:60',
    '2024-13-01',
    '0000',
    '2024',
    ' 024',
    '2024年01月01日',
  ],
]

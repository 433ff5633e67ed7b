import { join } from 'node:path'
import avro from 'avsc'
import { expect, test } from 'vitest'
import { CODEC_OF } from '../../backup/avro/codecs.ts'
import { AvroFileWriter } from '../../backup/avro/write-file.ts'
import { rehearseRestore, restoreTable, tempFolder } from '../helpers/avro.ts'
import { type TempLake, tempLake } from '../helpers/temp-lake.ts'

const TYPES: Readonly<Record<string, string>> = {
  small: 'integer',
  large: 'bigint',
  share: 'double',
  isActive: 'boolean',
  name: 'string',
  pay: 'decimal(10,2)',
  total: 'decimal(38,10)',
  born: 'date',
  seen: 'timestamp',
  opens: 'time',
  token: 'uuid',
}

async function staffLake(): Promise<TempLake> {
  const optional = Object.entries(TYPES).map(([name, type]) => [name, { type, required: false }])
  const columns = { id: { type: 'integer' }, ...Object.fromEntries(optional) }
  const tables = { staff: { files: ['staff*.csv'], columns, primaryKey: ['id'] } }
  return tempLake({ config: { name: 'staff', tables }, uploads: { 'staff.csv': `0${','.repeat(11)}\n` } })
}

/** Records as another program writes them, under whatever schema it has written, with an empty block, and no word of a codec. */
async function writeForeign(
  path: string,
  fields: readonly object[],
  records: readonly object[],
  header: (schema: object) => object = (schema) => schema,
): Promise<string> {
  const schema = { type: 'record', name: 'Staff', namespace: 'org.example', fields }
  const type = avro.Type.forSchema(schema as avro.Schema)
  const metadata = new Map([['avro.schema', JSON.stringify(header(schema))]])
  const writer = await AvroFileWriter.create(path, CODEC_OF.null, metadata)
  await writer.add(0, new Uint8Array())
  for (const record of records) await writer.add(1, type.toBuffer(record))
  await writer.flush()
  await writer.close()
  return path
}

const optional = (type: object | string) => ['null', type]
const logical = (type: string, logicalType: string, more: object = {}) => ({ type, logicalType, ...more })
const fixed = (name: string, size: number, logicalType: string, more: object = {}) => ({
  type: 'fixed',
  name,
  size,
  logicalType,
  ...more,
})

/** Unscaled decimal, the highest byte first, in so many bytes. */
function unscaled(value: bigint, sizeBytes: number): Buffer {
  const hex = BigInt.asUintN(sizeBytes * 8, value).toString(16)
  return Buffer.from(hex.padStart(sizeBytes * 2, '0'), 'hex')
}

const SELECT = 'select * exclude (_file_id, _line, _run_id) from dw.staff order by id'

test('every type as other writers have it: longs, fixed decimals, milliseconds, enums, fixed UUIDs; with nulls on either side', async () => {
  const lake = await staffLake()
  await lake.run()
  const nested = { type: 'record', name: 'Tree', fields: [{ name: 'left', type: ['null', 'Tree'] }] }
  const fields = [
    { name: 'tree', type: optional(nested) },
    { name: 'nothings', type: { type: 'array', items: 'null' } },
    { name: 'id', type: 'long', aliases: ['number'] },
    { name: 'small', type: ['long', 'null'] },
    { name: 'large', type: optional('int') },
    { name: 'share', type: ['float', 'null'] },
    { name: 'isActive', type: ['boolean', 'null'] },
    { name: 'name', type: [{ type: 'enum', name: 'Name', symbols: ['Ada', 'Zoe'] }, 'null'] },
    { name: 'pay', type: optional(fixed('Pay', 5, 'decimal', { precision: 10, scale: 2 })) },
    { name: 'total', type: [logical('bytes', 'decimal', { precision: 38, scale: 10 }), 'null'] },
    { name: 'born', type: optional(logical('int', 'date')) },
    { name: 'seen', type: [logical('long', 'timestamp-millis'), 'null'] },
    { name: 'opens', type: optional(logical('int', 'time-millis')) },
    { name: 'token', type: [fixed('Token', 16, 'uuid'), 'null'] },
  ]
  const nothing = Object.fromEntries(Object.keys(TYPES).map((name) => [name, null]))
  const records = [
    { ...nothing, tree: { left: { left: null } }, nothings: [null, null], id: 1 },
    {
      tree: null,
      nothings: [],
      id: 2147483647,
      small: -2147483648,
      large: 2147483647,
      share: 0.5,
      isActive: true,
      name: 'Zoe',
      pay: unscaled(-9999999999n, 5),
      total: unscaled(10n ** 38n - 1n, 16),
      born: -719162,
      seen: -1,
      opens: 86_399_999,
      token: Buffer.from('550e8400e29b41d4a716446655440000', 'hex'),
    },
    // More bytes than the number needs: the sign is written again and again.
    { ...nothing, tree: null, nothings: [], id: 3, total: unscaled(-5n, 20), seen: 253_402_300_799_999 },
  ]
  // A default that does not fit its type is of no interest to whoever has all values.
  const from = await writeForeign(lake.path('foreign.avro'), fields, records, (schema) => ({
    ...schema,
    fields: fields.map((each) => (each.name === 'large' ? { ...each, default: 'none' } : each)),
  }))
  await restoreTable(lake, 'staff', { from })
  expect(await lake.query(SELECT)).toEqual([
    ['1', ...Array.from({ length: 11 }, () => 'null')],
    [
      '3',
      ...Array.from({ length: 6 }, () => 'null'),
      '-0.0000000005',
      'null',
      '9999-12-31 23:59:59.999',
      'null',
      'null',
    ],
    [
      '2147483647',
      '-2147483648',
      '2147483647',
      '0.5',
      'true',
      'Zoe',
      '-99999999.99',
      '9999999999999999999999999999.9999999999',
      '0001-01-01',
      '1969-12-31 23:59:59.999',
      '23:59:59.999',
      '550e8400-e29b-41d4-a716-446655440000',
    ],
  ])
  expect(await lake.findings()).toEqual([])
})

test('values that are all text: numbers, moments with an offset from UTC; a column that is only ever null', async () => {
  const lake = await staffLake()
  await lake.run()
  const names = ['id', ...Object.keys(TYPES).filter((name) => name !== 'name')]
  const text = { type: 'string', 'avro.java.string': 'String' }
  const fields = [...names.map((name) => ({ name, type: ['null', text] })), { name: 'name', type: 'null' }]
  const good = {
    id: '7',
    small: '-1',
    large: '9223372036854775807',
    share: '1.5',
    isActive: 'true',
    pay: '12.50',
    total: '-0.5',
    born: '1970-01-01',
    seen: '2021-07-27T16:02:08.25+02:00',
    opens: '07:30:00',
    token: '550e8400-e29b-41d4-a716-446655440000',
    name: null,
  }
  const seenAs = (id: number, seen: string) => ({ ...good, id: String(id), seen })
  const from = await writeForeign(lake.path('text.avro'), fields, [
    good,
    seenAs(8, '2021-01-01T00:30:00-05:30'),
    seenAs(9, '0001-01-01T00:00:00+01:00'),
    seenAs(10, '2021-02-30T00:00:00+00:00'),
  ])
  const { rehearsal, missing } = await rehearseRestore(lake, 'staff', { from })
  expect([missing, rehearsal?.reasons.map((reason) => reason.slice(0, 40))]).toEqual([
    ['name'],
    ['3: seen "0001-01-01T00:00:00+01:00" is n', '4: seen "2021-02-30T00:00:00+00:00" is n'],
  ])
  await restoreTable(lake, 'staff', { from, quarantine: true })
  expect(await lake.query('select id, seen, large, pay, name from dw.staff order by id')).toEqual([
    ['7', '2021-07-27 14:02:08.25', '9223372036854775807', '12.50', 'null'],
    ['8', '2021-01-01 06:00:00', '9223372036854775807', '12.50', 'null'],
  ])
})

test('what no value can be is refused, with the record: more digits than a decimal says, torn UTF-8, a wrong boolean', async () => {
  const lake = await staffLake()
  await lake.run()
  const id = { name: 'id', type: 'int' }
  const refused = async (field: object, values: readonly unknown[], written: object = field) => {
    const name = (field as { name: string }).name
    const records = values.map((value, index) => ({ id: index, [name]: value }))
    const from = await writeForeign(lake.path('wrong.avro'), [id, field], records, (schema) => ({
      ...schema,
      fields: [id, written],
    }))
    return rehearseRestore(lake, 'staff', { from }).then(
      () => 'restored',
      (error: { code: string; message: string }) => `${error.code}: ${error.message.replace(/^.*written: /, '')}`,
    )
  }
  const decimal = { name: 'pay', type: logical('bytes', 'decimal', { precision: 3, scale: 2 }) }
  const reason = 'a decimal has more than 3 digits'
  expect(await refused(decimal, [unscaled(999n, 2), unscaled(-999n, 2)])).toBe('restored')
  for (const value of [unscaled(1000n, 2), unscaled(-1000n, 2), unscaled(2n ** 40n, 6), unscaled(2n ** 15n, 3)])
    expect(await refused(decimal, [unscaled(1n, 1), value])).toMatch(
      new RegExp(`^BACKUP_DAMAGED: in the block at byte \\d+ of \\d+, record 2: ${reason}$`),
    )
  const bytes = { name: 'name', type: 'bytes' }
  const string = { name: 'name', type: 'string' }
  const torn = [Buffer.from('whole'), Buffer.from([0xc3]), Buffer.from([0xab])]
  expect(await refused(bytes, torn, string)).toBe('BACKUP_DAMAGED: record 3: a text is no UTF-8')
  expect(await refused(bytes, [Buffer.from([0xff])], string)).toBe('BACKUP_DAMAGED: record 1: a text is no UTF-8')
  const boolean = { name: 'isActive', type: 'boolean' }
  expect(await refused({ name: 'isActive', type: 'int' }, [1], boolean)).toContain('a boolean is written as 2')
  const endless = { name: 'much', type: { type: 'array', items: 'null' } }
  expect(await refused({ name: 'much', type: 'long' }, [2 ** 47], endless)).toContain('items goes beyond the block')
})

test('a record that refers to itself can be no column', async () => {
  const lake = await staffLake()
  await lake.run()
  const tree = { type: 'record', name: 'Tree', fields: [{ name: 'left', type: ['null', 'Tree'] }] }
  const fields = [
    { name: 'id', type: 'int' },
    { name: 'name', type: ['null', tree] },
  ]
  const from = await writeForeign(join(await tempFolder(), 'tree.avro'), fields, [{ id: 1, name: { left: null } }])
  await expect(restoreTable(lake, 'staff', { from })).rejects.toMatchObject({
    code: 'BACKUP_DOES_NOT_FIT',
    message: `"${from}" does not fit table "staff":\n  field "name" has a type that no column can have`,
  })
})

import { expect, test } from 'vitest'
import { KeyHolders, type Member } from '../../../../pipeline/dw/keys/judge-in-order.ts'

let no = 0
const member = (
  kind: Member['kind'],
  key: number | null,
  values: Member['values'],
  content = ++no,
  isLate = false,
): Member => ({
  no: ++no,
  kind,
  key,
  values,
  content,
  isLate,
})

test('a record that is rejected for one key holds no other', () => {
  const holders = new KeyHolders('reject', 1)
  const row = member('row', 1, [7])
  const rejected = member('good', 1, [8])
  expect(holders.take(row)).toBeNull()
  expect(holders.take(rejected)).toEqual({ no: rejected.no, outcome: 'rejected', holders: [row.no, null] })
  expect(holders.take(member('good', 2, [8]))).toBeNull()
})

test('a row that changes gives up its values, and keeps what it still has', () => {
  const holders = new KeyHolders('update', 2)
  holders.take(member('row', 1, [7, 70]))
  const change = member('good', 1, [8, 70])
  expect(holders.take(change)).toEqual({ no: change.no, outcome: 'updated', holders: [null, null, null] })
  expect(holders.take(member('good', 2, [7, null]))).toBeNull()
  const taken = member('good', 3, [9, 70])
  expect(holders.take(taken)).toEqual({ no: taken.no, outcome: 'rejected', holders: [null, null, change.no] })
})

test('an identical record is unchanged, and what it holds is held by the row', () => {
  const holders = new KeyHolders('ignore', 1)
  const row = member('row', 1, [7], 100)
  holders.take(row)
  const same = member('good', 1, [7], 100)
  expect(holders.take(same)).toEqual({ no: same.no, outcome: 'unchanged', holders: [null, null] })
  const other = member('good', 2, [7])
  expect(holders.take(other)).toEqual({ no: other.no, outcome: 'rejected', holders: [null, row.no] })
})

test('a refused record is told who has its keys, and takes none; one without a key is in no row’s place', () => {
  const holders = new KeyHolders('update', 1)
  const row = member('row', 1, [7])
  holders.take(row)
  const keyless = member('refused', null, [7])
  expect(holders.take(keyless)).toEqual({ no: keyless.no, outcome: null, holders: [null, row.no] })
  expect(holders.take(member('refused', 1, [7]))).toBeNull()
  expect(holders.take(member('refused', 2, [8]))).toBeNull()
  expect(holders.take(member('good', 3, [8]))).toBeNull()
})

test('a record that is older than the row of its key takes nothing, whatever else is in its way', () => {
  const holders = new KeyHolders('update', 1)
  const row = member('row', 1, [7], 100)
  const other = member('row', 2, [8])
  for (const one of [row, other]) expect(holders.take(one)).toBeNull()
  const late = member('good', 1, [8], 101, true)
  expect(holders.take(late)).toEqual({ no: late.no, outcome: 'rejected', holders: [row.no, other.no] })
  const same = member('good', 1, [7], 100, true)
  expect(holders.take(same)).toEqual({ no: same.no, outcome: 'unchanged', holders: [null, null] })
  const refused = member('refused', 1, [9], 102, true)
  expect(holders.take(refused)).toEqual({ no: refused.no, outcome: null, holders: [row.no, null] })
  expect(holders.take(member('good', 3, [9]))).toBeNull()
})

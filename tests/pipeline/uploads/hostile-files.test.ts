import { execFileSync, spawn } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { mkdir, open, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { DROPLAKE } from '../../helpers/run-cli.ts'
import { type TempLake, tempLake } from '../../helpers/temp-lake.ts'

const MIB = 1024 * 1024
/** `DROPLAKE_LONG=1` takes the lines and files as large as they are told to be hostile. */
const isLong = process.env.DROPLAKE_LONG === '1'

function config(limits: Record<string, number> = {}, columns = ['id', 'name'], memoryLimit = '512MB') {
  return {
    name: 'hostile',
    limits,
    engine: { threads: 2, memoryLimit },
    tables: {
      people: {
        files: ['*.csv', '*.jsonl'],
        columns: Object.fromEntries(columns.map((name, index) => [name, { type: 'string', required: index === 0 }])),
        primaryKey: columns.slice(0, 1),
      },
    },
  }
}

interface Measured {
  readonly exitCode: number | null
  readonly stderr: string
  /** The most memory that the program had, and the most that the lake's folder held beyond what lay there before. */
  readonly peakBytes: number
  readonly peakDiskBytes: number
}

/** Run the lake as a program of its own, and watch its memory and disk. */
async function runMeasured(lake: TempLake): Promise<Measured> {
  const before = folderBytes(lake.folder)
  const child = spawn(process.execPath, [DROPLAKE, 'run'], { cwd: lake.folder, stdio: ['ignore', 'ignore', 'pipe'] })
  let [stderr, peakBytes, peakDiskBytes] = ['', 0, 0]
  child.stderr.on('data', (bytes: Buffer) => {
    stderr += bytes.toString()
  })
  const watch = setInterval(() => {
    peakBytes = Math.max(peakBytes, peakMemory(child.pid))
    peakDiskBytes = Math.max(peakDiskBytes, folderBytes(lake.folder) - before)
  }, 20)
  const exitCode = await new Promise<number | null>((resolve) => child.on('close', resolve))
  clearInterval(watch)
  return { exitCode, stderr, peakBytes, peakDiskBytes }
}

/** 0 where the system does not tell. */
function peakMemory(pid: number | undefined): number {
  try {
    return 1024 * Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0)
  } catch {
    return 0
  }
}

/** On disk: what a sparse file does not have counts for nothing. */
function folderBytes(folder: string): number {
  let bytes = 0
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name)
    if (entry.isFile() && existsSync(path)) bytes += (statSync(path, { throwIfNoEntry: false })?.blocks ?? 0) * 512
  }
  return bytes
}

async function reasons(lake: TempLake): Promise<Record<string, string>> {
  const rows = await lake.query('select name, coalesce(reason, outcome) from control.files order by name')
  return Object.fromEntries(rows.map(([name, reason]) => [name ?? '', reason ?? '']))
}

/** Zeros as zstd: each block of four bytes is 128 KiB of them. */
function zstdZeros(blocks: number): Buffer {
  const header = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0, 7 << 3])
  const block = (isLast: number) => {
    const bytes = Buffer.alloc(4)
    bytes.writeUIntLE((128 * 1024 * 8) | 2 | isLast, 0, 3)
    bytes[3] = 10
    return bytes
  }
  return Buffer.concat([header, ...Array.from({ length: blocks }, (_, index) => block(index === blocks - 1 ? 1 : 0))])
}

test('bombs of gzip and zstd are refused before they fill memory or disk', async () => {
  const lake = await tempLake({
    config: config({ maxFileBytes: 40 * MIB }),
    uploads: {
      'gzip.csv.gz': gzipSync(Buffer.alloc(256 * MIB, '\n')),
      // Not by ratio: 60 MiB of text in a tenth of it.
      'large.csv.gz': gzipSync(Buffer.from('1,abcdefghij,xyz\n'.repeat(4 * MIB).slice(0, 60 * MIB)), { level: 1 }),
      'twice.csv': gzipSync(gzipSync('1,Ana\n')),
      'zstd.csv.zst': zstdZeros(20_000),
      'good.csv': '1,Ana\n',
    },
  })
  const { exitCode, peakBytes, peakDiskBytes } = await runMeasured(lake)
  expect(exitCode).toBe(3)
  const found = await reasons(lake)
  expect(found['good.csv']).toBe('loaded')
  expect(found['gzip.csv.gz']).toMatch(/^UPLOAD_TOO_LARGE: "gzip.csv.gz" unpacks to more than .*\(limits\.max/)
  expect(found['large.csv.gz']).toMatch(/^UPLOAD_TOO_LARGE: "large.csv.gz" unpacks to more than .*\(limits\.max/)
  expect(found['zstd.csv.zst']).toMatch(
    /^UPLOAD_TOO_LARGE: "zstd.csv.zst" unpacks to more than 200 times its .*\(limits\.maxExpansion\)/,
  )
  expect(found['twice.csv']).toMatch(/^UPLOAD_NOT_TEXT: "twice.csv" is compressed twice/)
  expect(peakBytes).toBeLessThan(400 * MIB)
  // Each of the two may unpack up to the limit before it is refused.
  expect(peakDiskBytes).toBeLessThan(120 * MIB)
  expect(folderBytes(join(lake.folder, 'lake'))).toBeLessThan(10 * MIB)
})

test('an upload larger than the limit is refused before it is copied', async () => {
  const lake = await tempLake({ config: config({ maxFileBytes: MIB }), uploads: { 'small.csv': '1,Ana\n' } })
  const file = await open(lake.path('workingArea', 'uploads', 'huge.csv'), 'w')
  await file.truncate(8 * 1024 ** 3)
  await file.close()
  const { exitCode, peakDiskBytes } = await runMeasured(lake)
  expect(exitCode).toBe(3)
  expect(await reasons(lake)).toMatchObject({
    'huge.csv': expect.stringMatching(
      /^UPLOAD_TOO_LARGE: "huge.csv" has 8.59 GB; at most 1.05 MB are allowed \(limits\.maxFileBytes\)/,
    ),
    'small.csv': 'loaded',
  })
  expect(peakDiskBytes).toBeLessThan(16 * MIB)
})

test('a line of hundreds of megabytes costs one record, and little memory', async () => {
  const lake = await tempLake({ config: config() })
  const lineBytes = (isLong ? 1024 : 160) * MIB
  for (const [name, first, last] of [
    ['line.csv', '1,Ana\n2,', '\n3,Bo\n'],
    ['quoted.csv', '4,Cy\n5,"', '"\n6,Di\n'],
    ['line.jsonl', '{"id":"7"}\n{"id":"8","name":"', '"}\n{"id":"9"}\n'],
  ] as const) {
    const file = await open(lake.path('workingArea', 'uploads', name), 'w')
    await file.write(first)
    const piece = Buffer.alloc(MIB, 'x')
    for (let written = 0; written < lineBytes; written += MIB) await file.write(piece)
    await file.write(last)
    await file.close()
  }
  const { exitCode, peakBytes, stderr } = await runMeasured(lake)
  expect(exitCode, stderr).toBe(0)
  expect(await lake.query('select id from dw.people order by id')).toEqual([['1'], ['3'], ['4'], ['6'], ['7'], ['9']])
  const kept = await lake.query(
    'select _file, _line, _reason, length(_raw) < 70_000 from quarantine.people order by _file',
  )
  const reason = 'the record is longer than 16 MiB (its first 64 KiB are shown)'
  expect(kept).toEqual([
    ['line.csv', '2', reason, 'true'],
    ['line.jsonl', '2', reason, 'true'],
    ['quoted.csv', '2', reason, 'true'],
  ])
  expect(peakBytes).toBeLessThan(600 * MIB)
}, 600_000)

test('ten thousand columns in a file for two are refused as records, and kept where a header names them', async () => {
  const names = Array.from({ length: 10_000 }, (_, index) => `c${index + 1}`)
  const two = await tempLake({
    config: config(),
    uploads: {
      'record.csv': `${names.join(',')}\n${names.join(',')}\n`,
      'header.csv': `id,name,${names.join(',')}\n1,Ana,${names.join(',')}\n`,
    },
  })
  await two.run()
  expect(await reasons(two)).toMatchObject({
    'record.csv': expect.stringMatching(/^CSV_NO_RECORD_FITS: .*the record has 10000 fields; people has 2$/),
    'header.csv': 'loaded',
  })
  const [extra] = await two.query("select len(json_keys(_extra)), _extra->>'$.c10000' from ods.people")
  expect(extra).toEqual(['10000', 'c10000'])
})

test('a contract of a thousand columns is read, one of ten thousand in the long run', async () => {
  const names = Array.from({ length: isLong ? 10_000 : 1000 }, (_, index) => `c${index + 1}`)
  const record = names.join(',')
  const lake = await tempLake({
    config: config({}, names, '4GB'),
    uploads: { 'wide.csv': `${record}\n${record.replace('c1,', 'd1,')}\nc\n` },
  })
  await lake.run()
  expect(await lake.query(`select c1, c2, ${names.at(-1)} from dw.people order by _line`)).toEqual([
    ['d1', 'c2', names.at(-1)],
  ])
  expect(await lake.query('select _line, _raw from quarantine.people')).toEqual([['3', 'c']])
}, 300_000)

test('what is no file is refused by its kind, unopened, and nothing outside of the lake is touched', async () => {
  const lake = await tempLake({ config: config(), uploads: { 'good.csv': '1,Ana\n' } })
  const uploads = lake.path('workingArea', 'uploads')
  const outside = lake.path('outside.csv')
  await writeFile(outside, '9,Zoe\n')
  await symlink(outside, join(uploads, 'link.csv'))
  await symlink('/dev/zero', join(uploads, 'device.csv'))
  await symlink('nowhere', join(uploads, 'broken.csv'))
  await mkdir(join(uploads, 'folder.csv'))
  await writeFile(join(uploads, 'folder.csv', 'x.csv'), '8,Yan\n')
  execFileSync('mkfifo', [join(uploads, 'pipe.csv')])
  const { exitCode, stderr } = await runMeasured(lake)
  expect(exitCode, stderr).toBe(3)
  const kind = (name: string, is: string) => `UPLOAD_NOT_A_FILE: "${name}" is a ${is}; expected a regular file`
  expect(await reasons(lake)).toEqual({
    'broken.csv': kind('broken.csv', 'symbolic link'),
    'device.csv': kind('device.csv', 'symbolic link'),
    'folder.csv': kind('folder.csv', 'folder'),
    'good.csv': 'loaded',
    'link.csv': kind('link.csv', 'symbolic link'),
    'pipe.csv': kind('pipe.csv', 'named pipe'),
  })
  expect(await lake.query('select id from dw.people')).toEqual([['1']])
  expect(readFileSync(outside, 'utf8')).toBe('9,Zoe\n')
})

const NAMES = [
  "o'clock.csv",
  'dou"ble.csv',
  'a*.csv',
  'a?.csv',
  '[ab].csv',
  'two\nlines.csv',
  'tab\t.csv',
  '...csv',
  'a..csv',
  '-rf.csv',
  '$(touch x);.csv',
  '%41.csv',
  'back\\slash.csv',
  '😀 中文.csv',
  'key=value.csv',
  `${'n'.repeat(251)}.csv`,
  `${'é'.repeat(125)}n.csv`,
  ' .csv',
]

test('a file of any name is read as itself, and told by its name', async () => {
  const uploads = Object.fromEntries(NAMES.map((name, index) => [name, `${index},${index}\n`]))
  const lake = await tempLake({ config: config(), uploads: { ...uploads, 'ab.csv': 'x,y\nbroken\n' } })
  await lake.run()
  const rows = await lake.query(
    'select _file, id from (select f.name as _file, p.id from dw.people p join control.files f on f.file_id = p._file_id) order by id',
  )
  const visible = NAMES.filter((name) => !name.startsWith('.'))
  expect(Object.fromEntries(rows.map(([file, id]) => [file, id]))).toEqual({
    ...Object.fromEntries(visible.map((name) => [name, String(NAMES.indexOf(name))])),
    'ab.csv': 'x',
  })
  expect(await lake.list('workingArea', 'uploads')).toEqual(NAMES.filter((name) => name.startsWith('.')))
  expect(existsSync(lake.path('x'))).toBe(false)
})

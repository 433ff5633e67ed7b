import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { DroplakeError } from '../../core/errors.ts'
import { compact } from '../../pipeline/maintain/compact.ts'
import { rollback } from '../../pipeline/maintain/rollback.ts'
import { runPipeline } from '../../pipeline/run.ts'
import { backUp, restoreTable } from '../helpers/avro.ts'
import { dumpLake, dumpPlain } from '../helpers/dump-lake.ts'
import { quietly } from '../helpers/maintain.ts'
import { PlainLake, type PlainLakeRun, type PlainOutcome, type PlainUpload } from '../helpers/plain-lake.ts'
import {
  addressOf,
  isMalformed,
  type PlainContract,
  type PlainCorrection,
  type PlainEntry,
  type PlainRecord,
  type PlainTable,
  SURPLUS,
} from '../helpers/plain-table.ts'
import {
  configOf,
  fileText,
  type RandomArrival,
  type RandomLake,
  type RandomStep,
  randomLake,
  recordFor,
} from '../helpers/random-lake.ts'
import { fillLake, type TempLake } from '../helpers/temp-lake.ts'
import { wellFilledFolder } from '../helpers/well-filled-folder.ts'

// Random lakes of one to six tables that refer to one another, taken through several steps by droplake and by a plain program:
// rows, quarantine and the ledger are the same after each. Long runs look at more lakes:
// DROPLAKE_LAKES=2000 npx vitest run tests/property/several-tables.test.ts
const LAKES = Number(process.env.DROPLAKE_LAKES ?? 3)

test(
  'several tables load, come back, are rolled back and restored as record after record would',
  async () => {
    const root = await wellFilledFolder()
    let lakes = 0
    // To shrink a whole lake takes an hour; the steps of the one that fails are shown.
    await fc.assert(
      fc.asyncProperty(randomLake, async (random) => {
        const folder = join(root, `lake-${++lakes}`)
        await new Comparison(random, await fillLake(folder, { config: configOf(random) })).run()
        await rm(folder, { recursive: true, force: true })
      }),
      { numRuns: LAKES, endOnFailure: true },
    )
  },
  60_000 + LAKES * 60_000,
)

interface Version {
  readonly version: number
  readonly plain: PlainLake
}

/** One lake, and the plain one beside it. */
class Comparison {
  readonly #random: RandomLake
  readonly #lake: TempLake
  #plain: PlainLake
  #now = Date.parse('2026-11-21T12:00:00Z')
  readonly #uploads: PlainUpload[] = []
  readonly #versions: Version[] = []
  /** The newest backup of each table. */
  #backups = new Map<string, PlainTable>()

  constructor(random: RandomLake, lake: TempLake) {
    this.#random = random
    this.#lake = lake
    this.#plain = new PlainLake(random.tables)
  }

  get #names(): string[] {
    return this.#random.tables.map(({ contract }) => contract.name)
  }

  get #options() {
    const now = new Date(this.#now)
    return quietly(() => now)
  }

  async run(): Promise<void> {
    for (const [number, step] of this.#random.steps.entries()) {
      this.#now += step.clockMs
      await this.#take(step, number)
    }
    expect(await this.#lake.findings()).toEqual([])
  }

  async #take(step: RandomStep, number: number): Promise<void> {
    const label = `step ${number}: ${step.kind}`
    switch (step.kind) {
      case 'load':
        return this.#load(step, number, label)
      case 'retry':
        return this.#retry(step, label)
      case 'compact':
        return this.#compact(label)
      case 'rollback':
        return this.#rollback(step, label)
      case 'backup':
        return this.#backUp()
      case 'restore':
        return this.#restore(step, label)
    }
  }

  async #load({ arrivals }: RandomStep, step: number, label: string): Promise<void> {
    const uploads = this.#random.tables.flatMap(({ contract }, index) =>
      (arrivals[index]?.files ?? []).map((file, number): PlainUpload => {
        const upload = { name: `${contract.name}_${step}_${number}.csv`, table: contract.name }
        const earlier = this.#uploads.filter(({ table }) => table === contract.name)
        const again = file.kind === 'again' ? earlier[file.pick % earlier.length] : undefined
        if (again !== undefined) return { ...again, ...upload }
        if (file.kind === 'bad header') return { ...upload, text: `other,names\n${number},2\n`, records: null }
        const records = file.records.map((record) => recordFor(contract, record))
        return { ...upload, text: fileText(contract, records), records }
      }),
    )
    this.#uploads.push(...uploads)
    const corrections = this.#pickCorrections(arrivals, step)
    await this.#dropCorrections(corrections)
    await this.#lake.drop(Object.fromEntries(uploads.map(({ name, text }) => [name, text])))
    const { runId, version, tables } = await this.#lake.run(this.#options)
    const outcomes = this.#runPlainly(runId, uploads, corrections, null)
    await this.#compare(label, version, { runId, outcomes })
    expect(tables.map(({ table, rows }) => [table, rows]).sort(), label).toEqual(
      this.#names.map((name) => [name, this.#plain.table(name).rows.length]),
    )
  }

  async #retry({ pick }: RandomStep, label: string): Promise<void> {
    const table = [null, ...this.#names][pick % (this.#names.length + 1)] ?? null
    const retry = { tableName: table, rule: null }
    const request = { command: 'quarantine retry', takesUploads: false, retry }
    const { runId, version } = await runPipeline(this.#lake.project, this.#options, request)
    const outcomes = this.#runPlainly(runId, [], new Map(), { table })
    await this.#compare(label, version, { runId, outcomes })
  }

  async #compact(label: string): Promise<void> {
    const compacted = await compact(this.#lake.project, null, this.#options)
    await this.#compare(label, compacted?.version)
  }

  async #rollback({ pick }: RandomStep, label: string): Promise<void> {
    const wanted = this.#versions[pick % this.#versions.length] as Version
    const done = await rollback(this.#lake.project, wanted.version, this.#options)
    if (done !== null) this.#plain = wanted.plain.clone()
    await this.#compare(label, done?.version)
  }

  async #backUp(): Promise<void> {
    await backUp(this.#lake)
    this.#backups = new Map(this.#names.map((name) => [name, this.#plain.table(name).clone()]))
  }

  /** A table gets the rows of its backup, unless rows would then refer to nothing. */
  async #restore({ pick }: RandomStep, label: string): Promise<void> {
    if (this.#backups.size === 0) await this.#backUp()
    const able = [...this.#backups].filter(([, table]) => canRestore(table) && this.#plain.knowsFilesOf(table))
    if (able.length === 0) return
    const [name, table] = able[pick % able.length] as [string, PlainTable]
    const restored = this.#plain.clone()
    restored.restore(name, table)
    const done = await restoreTable(this.#lake, name).catch((error: unknown) => {
      if (error instanceof DroplakeError && error.code === 'RESTORE_REFUSED') return null
      throw error
    })
    expect(done !== null, `${label} of ${name}`).toBe(restored.isConnected)
    if (done !== null) this.#plain = restored
    await this.#compare(`${label} of ${name}`, done?.version)
  }

  #runPlainly(
    runId: number,
    uploads: readonly PlainUpload[],
    corrections: PlainLakeRun['corrections'],
    retry: PlainLakeRun['retry'],
  ): ReadonlyMap<string, PlainOutcome> {
    return this.#plain.run({ run: runId, startedAt: new Date(this.#now), uploads, corrections, retry })
  }

  /** By table, what someone corrects before a step: each record once. */
  #pickCorrections(arrivals: readonly RandomArrival[], step: number): PlainLakeRun['corrections'] {
    const picked = this.#random.tables.flatMap(({ contract }, index) => {
      const { held } = this.#plain.table(contract.name)
      const chosen = new Map<PlainEntry, PlainCorrection>()
      for (const { pick, record } of held.length === 0 ? [] : (arrivals[index]?.corrections ?? [])) {
        const entry = held[pick % held.length] as PlainEntry
        chosen.set(entry, { entry, record: correctedRecord(contract, entry, record) })
      }
      if (chosen.size === 0) return []
      return [
        [contract.name, { name: `corrected ${contract.name} ${step}.csv`, chosen: [...chosen.values()] }] as const,
      ]
    })
    return new Map(picked)
  }

  async #dropCorrections(corrections: PlainLakeRun['corrections']): Promise<void> {
    for (const [table, { name, chosen }] of corrections) {
      const rows = await this.#lake.query(`select _file || ':' || _line, _id from quarantine.${table}`)
      const ids = new Map(rows.map(([address = '', id = '']) => [address, id]))
      const columns = Object.keys(this.#plain.table(table).contract.columns)
      const lines = chosen.map(({ entry, record }) =>
        [ids.get(addressOf(entry.origin)), ...columns.map((column) => record[column])].join(),
      )
      await this.#lake.drop({ [name]: [['_id', ...columns].join(), ...lines, ''].join('\n') })
    }
  }

  /** The step has brought both lakes to the same state. @param version that it made; undefined when it made none */
  async #compare(label: string, version: number | undefined, ran: Ran | null = null): Promise<void> {
    const tables = this.#random.tables
    expect(await dumpLake(this.#lake, tables, ran?.runId ?? null), label).toEqual(
      dumpPlain(this.#plain, tables, ran?.outcomes ?? null),
    )
    if (version !== undefined) this.#versions.push({ version, plain: this.#plain.clone() })
  }
}

interface Ran {
  readonly runId: number
  readonly outcomes: ReadonlyMap<string, PlainOutcome>
}

/** Without any cell, a record that could not be split stays as it was. */
function correctedRecord(contract: PlainContract, entry: PlainEntry, cells: PlainRecord): PlainRecord {
  const { [SURPLUS]: _, ...others } = cells
  const record = recordFor(contract, others)
  const isEmpty = Object.values(record).every((text) => text === '')
  return isEmpty && isMalformed(entry.record) ? entry.record : record
}

/** Every row came in the run that loaded its file. */
function canRestore({ rows }: PlainTable): boolean {
  return rows.every(({ loadedIn, origin }) => loadedIn === origin.run)
}

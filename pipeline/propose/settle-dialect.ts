import { completeTable } from '../../core/config/schema.ts'
import { decideDialect } from '../ods/csv/decide-dialect.ts'
import { type CsvDialect, recordFormat } from '../ods/csv/dialect.ts'
import { scanRecords } from '../ods/csv/scan-records.ts'
import type { Contract } from './contract.ts'
import type { GuessedDialect } from './guess-dialect.ts'
import type { OpenedSample } from './open-sample.ts'

export interface SettledDialect {
  /** Settings that the contract needs, because a run would find out something else without them. */
  readonly declared: Contract
  /** Records of the sample that a run cannot split into the contract's columns; undefined when it would refuse the file. */
  readonly malformed: number | undefined
}

type ReadText = Pick<OpenedSample, 'text' | 'sample' | 'fileName' | 'limits'>

/** Hold a proposed contract against what a run would make of the file by it. */
export async function settleDialect(
  file: ReadText,
  contract: Contract,
  guessed: GuessedDialect,
): Promise<SettledDialect> {
  const { delimiter, quote, escape: escaping } = guessed
  const found = await decide(file, contract)
  const isAsGuessed =
    found?.delimiter === delimiter &&
    found.quote === quote &&
    found.escape === escaping &&
    found.hasHeader === (guessed.header !== null) &&
    found.missing.length === 0
  const declared = isAsGuessed ? {} : { delimiter, quote, escape: escaping, header: guessed.header !== null }
  const settled = isAsGuessed ? found : await decide(file, { ...contract, ...declared })
  if (settled === undefined) return { declared, malformed: undefined }
  return { declared, malformed: await countMalformed(file, contract, settled) }
}

async function decide({ text, fileName }: ReadText, contract: Contract): Promise<CsvDialect | undefined> {
  return decideDialect(text, fileName, completeTable(contract)).catch(() => undefined)
}

async function countMalformed(
  { text, sample, limits }: ReadText,
  contract: Contract,
  dialect: CsvDialect,
): Promise<number> {
  const offset = dialect.start.offset - text.bodyOffset + sample.bodyOffset
  const format = recordFormat(dialect, completeTable(contract), limits.maxFieldBytes)
  return (await scanRecords(sample.path, { offset, line: dialect.start.line }, format)).malformed
}

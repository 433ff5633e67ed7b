import { createHash } from 'node:crypto'
import { messageOf } from '../core/errors.ts'
import { AvroFileReader, DamagedFile } from './avro/read-file.ts'
import { readShape } from './avro/shape.ts'
import { skipValue } from './avro/skip.ts'
import type { Cursor } from './avro/varint.ts'
import { openLineage } from './lineage-reader.ts'
import { readMetadata } from './metadata.ts'

/** What reading a backup to its last byte has shown. */
export interface CheckedBackup {
  readonly path: string
  readonly rows: number
  readonly hasLineage: boolean
  /** Null: it is as it was written. */
  readonly fault: string | null
}

/** Read a backup, and its lineage, to the last byte: every block, every record, and the digest. */
export async function verifyBackup(
  path: string,
  onRows: (rows: number) => void = () => undefined,
): Promise<CheckedBackup> {
  let [rows, hasLineage] = [0, false]
  try {
    const file = await AvroFileReader.open(path)
    try {
      const metadata = readMetadata(file.header, file.headBytes)
      const shape = readShape(file.header.metadata.get('avro.schema')?.toString('utf8') ?? '')
      const lineage = await openLineage(path, metadata)
      hasLineage = lineage !== null
      try {
        const digest = createHash('sha256')
        for await (const block of file.blocks()) {
          digest.update(block.bytes)
          const cursor: Cursor = { bytes: block.bytes, at: 0 }
          const isCountable = block.rows <= block.bytes.length
          for (let row = 0; isCountable && row < block.rows && cursor.at <= block.bytes.length; row++)
            for (const field of shape) skipValue(field.shape, cursor)
          if (!isCountable || cursor.at !== block.bytes.length)
            throw new DamagedFile(
              `at byte ${block.at} of ${file.sizeBytes}: a block of ${block.rows} records does not have their bytes`,
            )
          await lineage?.take(block.rows)
          rows += block.rows
          onRows(rows)
        }
        if (metadata !== null && metadata.records !== rows)
          throw new DamagedFile(`it has ${rows} records; its header says ${metadata.records}`)
        if (metadata !== null && metadata.digest !== digest.digest('hex'))
          throw new DamagedFile('its records have another digest than its header says')
        await lineage?.checkWhole()
      } finally {
        await lineage?.close()
      }
    } finally {
      await file.close()
    }
    return { path, rows, hasLineage, fault: null }
  } catch (error) {
    return { path, rows, hasLineage, fault: messageOf(error) }
  }
}

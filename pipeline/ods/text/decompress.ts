import { createReadStream, createWriteStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import { createGunzip } from 'node:zlib'
import { READ_CHUNK_BYTES } from '../../../core/durable-files.ts'
import { DroplakeError, isSystemError, messageOf } from '../../../core/errors.ts'
import { formatBytes } from '../../../core/format-bytes.ts'
import { decompressZstd } from '../../../core/zstd.ts'
import type { TextSource } from './open-text.ts'

/**
 * Unpack a file, and stop as soon as it grows beyond the limits.
 *
 * @param path where to
 * @throws {DroplakeError} UPLOAD_TOO_LARGE, UPLOAD_DAMAGED
 */
export async function decompress(
  source: TextSource,
  path: string,
  compression: 'gzip' | 'zstd',
): Promise<{ path: string; sizeBytes: number }> {
  let sizeBytes = 0
  async function* watch(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    for await (const chunk of chunks) {
      sizeBytes += chunk.length
      refuseTooLarge(source, sizeBytes)
      yield chunk
    }
  }
  const packed = createReadStream(source.path, { highWaterMark: READ_CHUNK_BYTES })
  const unpacked = createWriteStream(path)
  try {
    if (compression === 'gzip') {
      const gunzip = createGunzip({ chunkSize: READ_CHUNK_BYTES })
      // Not one pipeline: zlib ends at a zero byte behind a member, and what is left would abort the whole.
      packed.on('error', (error) => gunzip.destroy(error)).pipe(gunzip)
      await pipeline(gunzip, watch, unpacked)
      await refuseRest(source, gunzip.bytesWritten)
    } else {
      await pipeline(packed, decompressZstd, watch, unpacked)
    }
  } catch (cause) {
    if (cause instanceof DroplakeError || isSystemError(cause, 'ENOSPC', 'EDQUOT', 'EIO', 'EMFILE')) throw cause
    throw damaged(source, compression, cause)
  } finally {
    packed.destroy()
  }
  return { path, sizeBytes }
}

/** Zeros may pad a gzip; anything else that zlib did not read could be records. */
async function refuseRest(source: TextSource, readBytes: number): Promise<void> {
  for await (const chunk of createReadStream(source.path, { start: readBytes, highWaterMark: READ_CHUNK_BYTES })) {
    if ((chunk as Buffer).some((byte) => byte !== 0)) throw new Error('something else follows behind its end')
  }
}

function refuseTooLarge({ name, sizeBytes, limits }: TextSource, unpackedBytes: number): void {
  const mostByRatio = sizeBytes * limits.maxExpansion
  if (unpackedBytes <= Math.min(mostByRatio, limits.maxFileBytes)) return
  const isByRatio = mostByRatio <= limits.maxFileBytes
  const limit = isByRatio
    ? `${limits.maxExpansion} times its ${formatBytes(sizeBytes)} (limits.maxExpansion)`
    : `${formatBytes(limits.maxFileBytes)} (limits.maxFileBytes)`
  throw new DroplakeError('UPLOAD_TOO_LARGE', `"${name}" unpacks to more than ${limit}`, {
    hint: 'If it is what it should be, raise the limit in pipeline_config.json or drop it unpacked.',
  })
}

function damaged({ name }: TextSource, compression: string, cause: unknown): DroplakeError {
  return new DroplakeError('UPLOAD_DAMAGED', `"${name}" cannot be unpacked with ${compression}: ${messageOf(cause)}`, {
    cause,
    hint: 'It was cut off or changed on its way: transfer or export it again.',
  })
}

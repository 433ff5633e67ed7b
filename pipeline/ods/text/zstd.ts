import { Decompress } from 'fzstd'

/** Bytes that are unpacked at once: a block of 4 bytes can hold 128 KiB, so these bound memory to some 64 MiB. */
const STEP_BYTES = 2048

/**
 * Unpack zstd, piece by piece. Node 20 has none of its own.
 *
 * @throws whatever is wrong with the data; also when it ends too early
 */
export async function* decompressZstd(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let unpacked: Buffer[] = []
  const decompress = new Decompress((data) => {
    if (data.length > 0) unpacked.push(Buffer.from(data))
  })
  for await (const chunk of chunks) {
    for (let at = 0; at < chunk.length; at += STEP_BYTES) {
      decompress.push(chunk.subarray(at, at + STEP_BYTES))
      yield* unpacked
      unpacked = []
    }
  }
  decompress.push(new Uint8Array(0), true)
  yield* unpacked
}

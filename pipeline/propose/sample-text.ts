import { open } from 'node:fs/promises'
import { formatBytes } from '../../core/format-bytes.ts'
import type { OpenedText } from '../ods/text/open-text.ts'

/** Which part of a file a proposal rests on. */
export interface Sample {
  /** Text with the whole file, or with its pieces one behind the other. */
  readonly path: string
  readonly bodyOffset: number
  readonly isWhole: boolean
  /** `all of it`, or which pieces. */
  readonly what: string
}

/** A text of at most this size is read whole. 32 MiB. */
const WHOLE_BYTES = 32 * 1024 * 1024
/** Of a larger one: so much from the top, and so many pieces of such a size from all over it. 8 MiB, 16, 1 MiB. */
const TOP_BYTES = 8 * 1024 * 1024
const PIECES = 16
const PIECE_BYTES = 1024 * 1024

/**
 * The text that a proposal rests on. Pieces are cut at ends of lines.
 *
 * @param scratch where the pieces go, absolute
 * @param wholeBytes for tests
 */
export async function sampleText(text: OpenedText, scratch: string, wholeBytes = WHOLE_BYTES): Promise<Sample> {
  const { path, sizeBytes, bodyOffset } = text
  if (sizeBytes <= wholeBytes) return { path, bodyOffset, isWhole: true, what: 'all of it' }
  const scale = wholeBytes / WHOLE_BYTES
  const [topBytes, pieceBytes] = [Math.ceil(TOP_BYTES * scale), Math.ceil(PIECE_BYTES * scale)]
  const [source, target] = [await open(path, 'r'), await open(scratch, 'w')]
  try {
    const buffer = Buffer.alloc(Math.max(topBytes, pieceBytes))
    const copy = async (offset: number, size: number, isTop: boolean) => {
      const { bytesRead } = await source.read(buffer, 0, size, offset)
      const bytes = buffer.subarray(0, bytesRead)
      const start = isTop ? 0 : bytes.indexOf(10) + 1
      await target.writeFile(bytes.subarray(start, bytes.lastIndexOf(10) + 1))
    }
    await copy(bodyOffset, topBytes, true)
    const step = (sizeBytes - bodyOffset - topBytes - pieceBytes) / (PIECES - 1)
    for (let piece = 0; piece < PIECES; piece++)
      await copy(Math.floor(bodyOffset + topBytes + piece * step), pieceBytes, false)
  } finally {
    await source.close()
    await target.close()
  }
  return {
    path: scratch,
    bodyOffset: 0,
    isWhole: false,
    what: `the first ${formatBytes(topBytes)} and ${PIECES} pieces of ${formatBytes(pieceBytes)} from all over its ${formatBytes(sizeBytes)}`,
  }
}

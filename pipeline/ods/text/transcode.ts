import { createReadStream } from 'node:fs'
import { open } from 'node:fs/promises'
import type { TextEncoding } from '../../../core/config/schema.ts'
import { READ_CHUNK_BYTES } from '../../../core/durable-files.ts'

/**
 * Write a file anew as UTF-8. What is no text in its encoding (half a surrogate pair, an odd last byte) becomes bytes that are
 * no UTF-8 either, so that its record is found to be malformed.
 *
 * @param from where in the file the text begins
 */
export async function transcode(
  path: string,
  target: string,
  encoding: Exclude<TextEncoding, 'utf-8'>,
  from: number,
): Promise<{ path: string; sizeBytes: number }> {
  const convert = converterOf(encoding)
  const file = await open(target, 'w')
  let sizeBytes = 0
  const write = async (bytes: Buffer) => {
    await file.writeFile(bytes)
    sizeBytes += bytes.length
  }
  try {
    for await (const chunk of createReadStream(path, { start: from, highWaterMark: READ_CHUNK_BYTES }))
      await write(convert(chunk as Buffer, false))
    await write(convert(Buffer.alloc(0), true))
  } finally {
    await file.close()
  }
  return { path: target, sizeBytes }
}

/** Converts chunk by chunk; keeps what is not whole at a chunk's end for the next one. */
type Converter = (chunk: Buffer, isLast: boolean) => Buffer

function converterOf(encoding: Exclude<TextEncoding, 'utf-8'>): Converter {
  if (encoding === 'latin1') return (chunk) => Buffer.from(chunk.toString('latin1'))
  if (encoding === 'windows-1252') return (chunk) => Buffer.from(windows1252(chunk))
  return utf16Converter(encoding === 'utf-16be')
}

/** What the bytes 0x80 to 0x9F mean (https://encoding.spec.whatwg.org/#windows-1252): five of them stay control characters. */
const WINDOWS_1252 = '€\x81‚ƒ„…†‡ˆ‰Š‹Œ\x8dŽ\x8f\x90‘’“”•–—˜™š›œ\x9džŸ'

/** By a table of our own: the TextDecoder of Node 20.20 takes windows-1252 for Latin-1 (nodejs/node#56542). */
function windows1252(bytes: Buffer): string {
  return bytes.toString('latin1').replace(/[\x80-\x9f]/g, (byte) => WINDOWS_1252[byte.charCodeAt(0) - 0x80] ?? byte)
}

/** A byte that no UTF-8 text has. */
const NO_TEXT = 0xff

function utf16Converter(isBigEndian: boolean): Converter {
  let rest = Buffer.alloc(0)
  return (chunk, isLast) => {
    const bytes = Buffer.concat([rest, chunk])
    const wholeBytes = wholeUnits(bytes, isBigEndian, isLast)
    rest = bytes.subarray(wholeBytes)
    const units = Buffer.from(bytes.subarray(0, wholeBytes))
    if (isBigEndian) units.swap16()
    const text = utf8Of(units.toString('utf16le'))
    return isLast && rest.length > 0 ? Buffer.concat([text, Buffer.from([NO_TEXT])]) : text
  }
}

/** Bytes up to the last whole character: no half unit, no first half of a surrogate pair unless the file ends there. */
function wholeUnits(bytes: Buffer, isBigEndian: boolean, isLast: boolean): number {
  const size = bytes.length - (bytes.length % 2)
  if (isLast || size === 0) return size
  const last = isBigEndian ? bytes.readUInt16BE(size - 2) : bytes.readUInt16LE(size - 2)
  return last >= 0xd800 && last <= 0xdbff ? size - 2 : size
}

/** UTF-8 of a text; a lone surrogate, which UTF-8 cannot say, becomes the three bytes that it would be. */
function utf8Of(text: string): Buffer {
  if (!/\p{Surrogate}/u.test(text)) return Buffer.from(text)
  const pieces: Buffer[] = []
  let at = 0
  for (const match of text.matchAll(/\p{Surrogate}/gu)) {
    const unit = match[0].charCodeAt(0)
    pieces.push(
      Buffer.from(text.slice(at, match.index)),
      Buffer.from([0xe0 | (unit >> 12), 0x80 | ((unit >> 6) & 0x3f), 0x80 | (unit & 0x3f)]),
    )
    at = match.index + 1
  }
  return Buffer.concat([...pieces, Buffer.from(text.slice(at))])
}

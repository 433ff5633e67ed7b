import { expect, test } from 'vitest'
import { decompressZstd } from '../../core/zstd.ts'

// Made by zstd 1.5 -19 of the first bytes of LINE, repeated; each frame has its checksum.
const LINE = 'a line of text, 0123456789\n'
const FRAMES: readonly (readonly [sizeBytes: number, frame: string])[] = [
  [0, 'KLUv/SQAAQAAmenYUQ=='],
  [1, 'KLUv/QRoCQAAYVtujKk='],
  [3, 'KLUv/QRoGQAAYSBsq1sjkg=='],
  [4, 'KLUv/QRoIQAAYSBsaUvgjcc='],
  [5, 'KLUv/QRoKQAAYSBsaW5C5V5p'],
  [7, 'KLUv/QRoOQAAYSBsaW5lIF3DIBo='],
  [8, 'KLUv/QRoQQAAYSBsaW5lIG/NcnKE'],
  [9, 'KLUv/QRoSQAAYSBsaW5lIG9mxI6tkg=='],
  [12, 'KLUv/QRoYQAAYSBsaW5lIG9mIHRlwxUFMg=='],
  [13, 'KLUv/QRoaQAAYSBsaW5lIG9mIHRleJyAI20='],
  [31, 'KLUv/QRo+QAAYSBsaW5lIG9mIHRleHQsIDAxMjM0NTY3ODkKYSBsaVrJoj4='],
  [32, 'KLUv/QRoAQEAYSBsaW5lIG9mIHRleHQsIDAxMjM0NTY3ODkKYSBsaW7em+sQ'],
  [33, 'KLUv/QRoCQEAYSBsaW5lIG9mIHRleHQsIDAxMjM0NTY3ODkKYSBsaW5lbWFnPQ=='],
  [40, 'KLUv/QRoDQEA2GEgbGluZSBvZiB0ZXh0LCAwMTIzNDU2Nzg5CgEA+zHHRTnysw=='],
  [63, 'KLUv/QRoFQEA2GEgbGluZSBvZiB0ZXh0LCAwMTIzNDU2Nzg5CgEAd3KOAfcfvls='],
  [64, 'KLUv/QRoFQEA2GEgbGluZSBvZiB0ZXh0LCAwMTIzNDU2Nzg5CgEA82eOAR0T/m8='],
  [65, 'KLUv/QRoFQEA2GEgbGluZSBvZiB0ZXh0LCAwMTIzNDU2Nzg5CgEA92eOASidDLo='],
  [100, 'KLUv/QRoFQEA2GEgbGluZSBvZiB0ZXh0LCAwMTIzNDU2Nzg5CgEAm6NzDLXCeX8='],
  [1000, 'KLUv/QRoHQEA2GEgbGluZSBvZiB0ZXh0LCAwMTIzNDU2Nzg5CgEAK/dqjgH1k51S'],
  [131073, 'KLUv/QRoHAEA2GEgbGluZSBvZiB0ZXh0LCAwMTIzNDU2Nzg5CgEAi/97PscJAAAsHbrMww=='],
]

async function unpack(bytes: Uint8Array, chunkBytes = 70_000): Promise<string> {
  async function* chunks(): AsyncGenerator<Buffer> {
    for (let at = 0; at < bytes.length; at += chunkBytes) yield Buffer.from(bytes.subarray(at, at + chunkBytes))
  }
  const pieces: Buffer[] = []
  for await (const piece of decompressZstd(chunks())) pieces.push(piece)
  return Buffer.concat(pieces).toString()
}

function textOf(sizeBytes: number): string {
  return LINE.repeat(Math.ceil(sizeBytes / LINE.length)).slice(0, sizeBytes)
}

test.each(FRAMES)('a text of %d bytes comes back from zstd, its checksum found right', async (sizeBytes, frame) => {
  const bytes = Buffer.from(frame, 'base64')
  expect(await unpack(bytes)).toBe(textOf(sizeBytes))
  expect(await unpack(bytes, 1)).toBe(textOf(sizeBytes))
})

test('frame follows frame, and notes of other programs between them are passed over', async () => {
  const note = Buffer.from([0x5a, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3])
  const frames = FRAMES.flatMap(([, frame]) => [note, Buffer.from(frame, 'base64')])
  expect(await unpack(Buffer.concat(frames))).toBe(FRAMES.map(([sizeBytes]) => textOf(sizeBytes)).join(''))
})

test('any one bit turned over in a frame is found', async () => {
  const frame = Buffer.from(FRAMES.find(([sizeBytes]) => sizeBytes === 100)?.[1] ?? '', 'base64')
  for (let bit = 0; bit < 8 * frame.length; bit++) {
    const damaged = Buffer.from(frame)
    damaged[bit >> 3] = (damaged[bit >> 3] ?? 0) ^ (1 << (bit & 7))
    const text = await unpack(damaged).catch(() => undefined)
    // A bit may not matter, such as that of the unused size of a window: the text is the same then.
    expect([undefined, textOf(100)], `bit ${bit}`).toContain(text)
  }
})

test('a frame cut off anywhere is found', async () => {
  const frame = Buffer.from(FRAMES.at(-1)?.[1] ?? '', 'base64')
  for (let end = 1; end < frame.length; end++)
    await expect(unpack(frame.subarray(0, end)), `${end} bytes`).rejects.toThrow('unexpected end of file')
})

test('a frame that needs a gigabyte of memory is not unpacked', async () => {
  // The descriptor of the window says 2^30 bytes; one raw block of two bytes follows.
  const frame = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0, 20 << 3, 0x11, 0, 0, 0x61, 0x62])
  await expect(unpack(frame)).rejects.toThrow('it needs more than 128 MiB of memory (its window)')
})

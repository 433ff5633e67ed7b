// What the memory of DuckDB's vectors looks like, and the library that reaches it: the very one that the client has loaded
// (package.json names the same version), because a second copy of it could not read the first one's chunks.
import bindings from '@duckdb/node-bindings'

export { bindings }

/** Rows of a chunk at most. */
export const CHUNK_ROWS = bindings.vector_size()

/** A text of DuckDB's takes 16 bytes: its length, then its bytes, or from 13 bytes on the first four and where they are. */
export const SLOT_WORDS = 4
export const SLOT_BYTES = SLOT_WORDS * 4
export const MOST_INLINE_BYTES = 12
export const PREFIX_BYTES = 4
export const TWO_32 = 2 ** 32

/** Texts shorter than this are copied faster byte by byte. */
export const SHORT_TEXT_BYTES = 40

/** Where the text of a slot is, when it is not in the slot itself. */
export function addressAt(slots: Uint32Array, row: number): number {
  return (slots[row * SLOT_WORDS + 2] as number) + (slots[row * SLOT_WORDS + 3] as number) * TWO_32
}

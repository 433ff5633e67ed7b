/**
 * The order of file names, for `sort`: by code points. It is the order of the bytes of UTF-8, in which DuckDB compares text;
 * JavaScript's own order goes by UTF-16 and puts `😀` before `～`.
 */
export function compareNames(one: string, other: string): number {
  const length = Math.min(one.length, other.length)
  for (let index = 0; index < length; index++) {
    const [a, b] = [one.charCodeAt(index), other.charCodeAt(index)]
    if (a !== b) return rankOf(a) - rankOf(b)
  }
  return one.length - other.length
}

/** Surrogates stand for the code points above all others. */
function rankOf(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit
}

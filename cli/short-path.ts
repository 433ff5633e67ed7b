import { relative } from 'node:path'

/** A path as one would type it in a folder: relative when it lies below, else absolute. */
export function shortPath(path: string, cwd: string): string {
  const short = relative(cwd, path) || '.'
  return short.startsWith('..') ? path : short
}

/** `make test-faults` runs all; `make test` a few of each, evenly spread. */
export const IS_WHOLE = process.env.DROPLAKE_FAULTS === 'whole'

/** All items, or so many of them, evenly spread. */
export function sample<Item>(items: readonly Item[], few: number): Item[] {
  if (IS_WHOLE || items.length <= few) return [...items]
  return Array.from({ length: few }, (_, index) => items[Math.floor(((index + 0.5) * items.length) / few)] as Item)
}

export function rounds(whole: number, few: number): number {
  return IS_WHOLE ? whole : few
}

/** Numbers in [0, 1) that are the same in each run of the suites; another seed: DROPLAKE_FAULTS_SEED. */
export function seededRandom(): () => number {
  let state = Number(process.env.DROPLAKE_FAULTS_SEED ?? 20211121) >>> 0
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32
  }
}

import { expect, test } from 'vitest'
import { findCycle, orderByDependency } from '../../core/order-by-dependency.ts'

const of = (graph: Record<string, string[]>) => [Object.keys(graph), (name: string) => graph[name] ?? []] as const

test('names come after those they depend on, otherwise as they were given', () => {
  expect(orderByDependency(...of({ d: ['c'], a: [], c: ['a', 'b'], b: [] }))).toEqual(['a', 'b', 'c', 'd'])
  expect(orderByDependency(...of({ b: [], a: [] }))).toEqual(['b', 'a'])
  expect(orderByDependency(...of({ a: ['of another list'] }))).toEqual(['a'])
})

test('a circle has no order, and is named, without what only leads to it', () => {
  const graph = of({ x: ['a'], a: ['b', 'y'], b: ['c'], c: ['a'], y: [] })
  expect(orderByDependency(...graph)).toBeUndefined()
  expect(findCycle(...graph)).toEqual(['a', 'b', 'c', 'a'])
  expect(findCycle(...of({ a: ['a'] }))).toEqual(['a', 'a'])
  expect(findCycle(...of({ a: ['b'], b: [] }))).toEqual([])
})

test('many ways through the same names are looked at once', () => {
  const layers = Array.from({ length: 30 }, (_, layer) => [`a${layer}`, `b${layer}`])
  const graph = Object.fromEntries(
    layers.flatMap((names, layer) => names.map((name) => [name, layers[layer + 1] ?? []] as const)),
  )
  expect(findCycle(...of(graph))).toEqual([])
})

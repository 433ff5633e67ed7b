import { ident } from '../../../core/sql.ts'
import type { SyntaxNode, SyntaxValue } from './syntax-tree.ts'

/** What an expression gives, as SQL that cannot fail: NULL where the expression would have. */
interface Guarded {
  readonly value: string
  /** SQL that is true where the expression fails; null when it cannot. */
  readonly failed: string | null
}

type Print = (expression: SyntaxNode) => Promise<string>

/**
 * SQL that is true for the rows where a condition is FALSE or fails, and never fails itself.
 *
 * DuckDB's TRY alone does not do: with CASE or COALESCE inside, it writes to memory that is not its own (1.5.6, fixed after it:
 * https://github.com/duckdb/duckdb/issues/25280), and what two TRYs have in common is computed before them. So each part
 * between CASEs and COALESCEs is tried in a lambda over the values that it needs, and they choose among what has been tried.
 *
 * @param print the SQL of a part
 */
export async function guardCondition(condition: SyntaxNode, print: Print): Promise<string> {
  if (partsOf(condition) !== undefined) {
    const { value, failed } = await guard(condition, print)
    return either(`coalesce(not (${value}), false)`, failed)
  }
  const { box, text, failed } = await open(condition, print)
  return either(`not coalesce(${tried(box, `(${text}) is distinct from false`)}, false)`, failed)
}

async function guard(node: SyntaxNode, print: Print): Promise<Guarded> {
  if (node.class === 'COLUMN_REF')
    return { value: ident(String((node.column_names as readonly string[])[0])).text, failed: null }
  if (node.class === 'CONSTANT') return { value: await print(node), failed: null }
  const parts = partsOf(node)
  if (parts !== undefined) return choose(parts, print)
  const { box, text, failed } = await open(node, print)
  return { value: tried(box, text), failed: either(`${tried(box, `(${text}) is null`)} is null`, failed) }
}

/** A CASE: what is given under which condition; without `when`, otherwise. `isThere` stands for "when it is not NULL". */
interface Part {
  readonly when?: SyntaxNode
  readonly isThere?: boolean
  readonly gives: SyntaxNode | null
}

/** The parts of a CASE, COALESCE or NULLIF, which is all that chooses what is computed; undefined for anything else. */
function partsOf(node: SyntaxNode): readonly Part[] | undefined {
  if (node.class === 'CASE') {
    const checks = node.case_checks as readonly { readonly when_expr: SyntaxNode; readonly then_expr: SyntaxNode }[]
    const parts: Part[] = checks.map((check) => ({ when: check.when_expr, gives: check.then_expr }))
    return [...parts, { gives: node.else_expr as SyntaxNode }]
  }
  const children = node.children as readonly SyntaxNode[]
  if (node.type === 'OPERATOR_COALESCE') return children.map((child) => ({ isThere: true, gives: child }))
  if (node.class !== 'FUNCTION' || node.function_name !== 'nullif') return undefined
  const [left, right] = children
  if (left === undefined || right === undefined) return undefined
  return [
    { when: { class: 'COMPARISON', type: 'COMPARE_EQUAL', alias: '', left, right }, gives: null },
    { gives: left },
  ]
}

async function choose(parts: readonly Part[], print: Print): Promise<Guarded> {
  const values: string[] = []
  const failures: string[] = []
  let canFail = false
  for (const part of parts) {
    const gives = part.gives === null ? { value: 'null', failed: null } : await guard(part.gives, print)
    const when = part.when === undefined ? undefined : await guard(part.when, print)
    const condition = when?.value ?? (part.isThere ? `(${gives.value}) is not null` : 'true')
    canFail ||= gives.failed !== null || (when?.failed ?? null) !== null
    const before = part.isThere ? gives.failed : (when?.failed ?? null)
    if (before !== null) failures.push(`when ${before} then true`)
    values.push(`when ${condition} then ${gives.value}`)
    failures.push(`when ${condition} then ${part.isThere ? 'false' : (gives.failed ?? 'false')}`)
  }
  return { value: `case ${values.join(' ')} end`, failed: canFail ? `case ${failures.join(' ')} else false end` : null }
}

interface Opened {
  /** A list of one struct: the values that the part needs. */
  readonly box: string
  /** The part, over the fields of that struct. */
  readonly text: string
  readonly failed: string | null
}

/** A part, and apart from it what it takes: columns, and whatever chooses. */
async function open(node: SyntaxNode, print: Print): Promise<Opened> {
  const taken: SyntaxNode[] = []
  const inner = take(node, taken) as SyntaxNode
  const guarded: Guarded[] = []
  for (const one of taken) guarded.push(await guard(one, print))
  const fields = guarded.map(({ value }, index) => `${fieldOf(index)}: ${value}`)
  const failed = guarded.reduce<string | null>(
    (all, one) => (one.failed === null ? all : either(one.failed, all)),
    null,
  )
  return { box: `[{${fields.length === 0 ? 'nothing: null' : fields.join(', ')}}]`, text: await print(inner), failed }
}

const ROW = '_row'
const fieldOf = (index: number) => `_${index}`

function take(value: SyntaxValue, taken: SyntaxNode[]): SyntaxValue {
  if (Array.isArray(value)) return value.map((one: SyntaxValue) => take(one, taken))
  if (typeof value !== 'object' || value === null) return value
  const node = value as SyntaxNode
  if (node.class !== 'COLUMN_REF' && partsOf(node) === undefined)
    return Object.fromEntries(Object.entries(node).map(([key, part]) => [key, take(part, taken)]))
  taken.push(node)
  return {
    class: 'COLUMN_REF',
    type: 'COLUMN_REF',
    alias: '',
    column_names: [ROW, fieldOf(taken.length - 1)],
  }
}

function tried(box: string, text: string): string {
  return `list_transform(${box}, lambda ${ROW}: try(${text}))[1]`
}

function either(one: string, other: string | null): string {
  return other === null ? one : `(${one} or ${other})`
}

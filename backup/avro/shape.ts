import avro from 'avsc'

/** A type of Avro's, as far as reading needs it. */
export type Shape =
  | {
      readonly kind: 'null' | 'boolean' | 'int' | 'long' | 'float' | 'double' | 'bytes' | 'string'
      readonly logical: Logical | null
    }
  | { readonly kind: 'fixed'; readonly size: number; readonly logical: Logical | null }
  | { readonly kind: 'enum'; readonly symbols: readonly string[] }
  | { readonly kind: 'union'; readonly branches: readonly Shape[] }
  | { readonly kind: 'array' | 'map'; readonly items: () => Shape }
  | { readonly kind: 'record'; readonly fields: () => readonly Shape[] }

export interface Logical {
  readonly name: string
  readonly precision: number
  readonly scale: number
}

/** A field of the record that a file holds. */
export interface ShapedField {
  readonly name: string
  /** What else the schema says of it, such as `droplake.column`. */
  readonly properties: Readonly<Record<string, unknown>>
  readonly shape: Shape
}

/** Keeps what the schema says of a logical type; values stay as they are. */
class KeptLogicalType extends avro.types.LogicalType {
  readonly logical: Logical

  constructor(schema: avro.Schema, options?: unknown) {
    super(schema, options)
    const attributes = schema as unknown as Record<string, unknown>
    this.logical = {
      name: String(attributes.logicalType),
      precision: Number(attributes.precision ?? 0),
      scale: Number(attributes.scale ?? 0),
    }
  }
}

const LOGICAL_NAMES = [
  'decimal',
  'date',
  'time-millis',
  'time-micros',
  'timestamp-millis',
  'timestamp-micros',
  'local-timestamp-millis',
  'local-timestamp-micros',
  'uuid',
]

/**
 * The fields of the record that a schema describes; avsc holds it against the specification.
 *
 * @throws {Error} a sentence, when it is no schema, or none of a record
 */
export function readShape(json: string): ShapedField[] {
  const logicalTypes = Object.fromEntries(LOGICAL_NAMES.map((name) => [name, KeptLogicalType]))
  const written = JSON.parse(json) as { fields: Record<string, unknown>[] }
  const type = avro.Type.forSchema(withoutDefaults(written) as avro.Schema, { logicalTypes, wrapUnions: 'always' })
  if (type.typeName !== 'record') throw new Error(`its schema is of type ${type.typeName}; expected a record`)
  return (type as avro.types.RecordType).fields.map((field, index) => ({
    name: field.name,
    properties: written.fields[index] ?? {},
    shape: shapeOf(field.type),
  }))
}

/** Defaults are for readers that expect more than was written. Other writers do not look at them, avsc would refuse wrong ones. */
function withoutDefaults(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(withoutDefaults)
  if (typeof schema !== 'object' || schema === null) return schema
  const entries = Object.entries(schema).map(([key, value]) => {
    if (key === 'fields' && Array.isArray(value))
      return [
        key,
        value.map((field) => (isField(field) ? { name: field.name, type: withoutDefaults(field.type) } : field)),
      ]
    return [key, ['type', 'items', 'values'].includes(key) ? withoutDefaults(value) : value]
  })
  return Object.fromEntries(entries.filter(([key]) => key !== 'default'))
}

function isField(field: unknown): field is { readonly name: unknown; readonly type: unknown } {
  return typeof field === 'object' && field !== null && 'name' in field && 'type' in field
}

function shapeOf(type: avro.Type, logical: Logical | null = null): Shape {
  if (type instanceof KeptLogicalType) return shapeOf(type.underlyingType, type.logical)
  switch (type.typeName) {
    case 'null':
    case 'boolean':
    case 'int':
    case 'long':
    case 'float':
    case 'double':
    case 'bytes':
    case 'string':
      return { kind: type.typeName, logical }
    case 'fixed':
      return { kind: 'fixed', size: (type as avro.types.FixedType).size, logical }
    case 'enum':
      return { kind: 'enum', symbols: (type as avro.types.EnumType).symbols }
    case 'union:wrapped':
    case 'union:unwrapped':
      return { kind: 'union', branches: (type as avro.types.WrappedUnionType).types.map((branch) => shapeOf(branch)) }
    // A type may hold itself: what is inside is looked at only when it is met.
    case 'array':
      return { kind: 'array', items: () => shapeOf((type as avro.types.ArrayType).itemsType) }
    case 'map':
      return { kind: 'map', items: () => shapeOf((type as unknown as { valuesType: avro.Type }).valuesType) }
    case 'record':
    case 'error':
      return {
        kind: 'record',
        fields: () => (type as avro.types.RecordType).fields.map((field) => shapeOf(field.type)),
      }
    default:
      throw new Error(`its schema has a type that is not known here: ${type.typeName}`)
  }
}

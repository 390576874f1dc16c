// What schema a schemaless value would have. Kafka: Values.inferSchema.
import { SchemaBuilder } from '../data/schema-builder.ts';
import { Schema } from '../data/schema.ts';
import { Struct } from '../data/struct.ts';

/** Null when it cannot be told: null, empty lists and maps, mixed elements, values outside the data model. */
export function inferSchema(value: unknown): Schema | null {
  switch (typeof value) {
    case 'string':
      return Schema.STRING;
    case 'boolean':
      return Schema.BOOLEAN;
    case 'bigint':
      return Schema.INT64;
    case 'number':
      return Number.isSafeInteger(value) ? Schema.INT64 : Schema.FLOAT64;
    default:
      break;
  }
  if (value instanceof Uint8Array) return Schema.BYTES;
  if (value instanceof Struct) return value.schema;
  if (Array.isArray(value)) {
    const element = commonType(value);
    return element && SchemaBuilder.array(element).build();
  }
  if (!(value instanceof Map)) return null;
  const key = commonType([...value.keys()]);
  const element = commonType([...value.values()]);
  return key && element && SchemaBuilder.map(key, element).build();
}

/** Elements of one type; nulls make it optional. */
function commonType(values: readonly unknown[]): Schema | null {
  const schemas = values.filter((value) => value !== null).map(inferSchema);
  const [first] = schemas;
  if (!first || schemas.some((schema) => schema?.type !== first.type)) return null;
  const builder = new SchemaBuilder(first.type);
  return (schemas.length < values.length ? builder.optional() : builder).build();
}

// Values as texts that can be read back. Kafka: org.apache.kafka.connect.data.Values.convertToString.
import { Decimal } from '../data/decimal.ts';
import { formatDouble, formatFloat } from '../data/format-float.ts';
import { kindOf } from '../data/kind-of.ts';
import type { Schema } from '../data/schema.ts';
import { Struct } from '../data/struct.ts';
import { DataError } from '../errors.ts';

const MS_PER_DAY = 86_400_000;

/**
 * `[1,2]`, `{"a":true}`, Base64 for bytes, ISO 8601 for dates; a text stays as it is.
 *
 * @throws DataError for a value outside the data model
 */
export function valueToText(schema: Schema | null, value: unknown): string {
  if (typeof value === 'string') return value;
  if (value instanceof Uint8Array) return base64(value);
  return embedded(schema, value);
}

/** Texts and bytes in quotes, as inside of a list. */
function embedded(schema: Schema | null, value: unknown): string {
  if (value === null || value === undefined) return 'null';
  switch (typeof value) {
    case 'string':
      return quoted(value);
    case 'number':
      return numberText(schema, value);
    case 'bigint':
    case 'boolean':
      return String(value);
    default:
      break;
  }
  if (value instanceof Decimal) return value.toString();
  if (value instanceof Uint8Array) return `"${base64(value)}"`;
  if (value instanceof Date) return isoText(value);
  if (Array.isArray(value)) {
    const elementSchema = schema?.valueSchemaOrNull ?? null;
    return `[${value.map((element) => embedded(elementSchema, element)).join(',')}]`;
  }
  if (value instanceof Map) return mapText(schema, value);
  if (value instanceof Struct) return structText(value);
  throw new DataError(`Failed to serialize unexpected value type ${kindOf(value)}`);
}

function mapText(schema: Schema | null, map: ReadonlyMap<unknown, unknown>): string {
  const keySchema = schema?.keySchemaOrNull ?? null;
  const valueSchema = schema?.valueSchemaOrNull ?? null;
  const entries = Array.from(
    map,
    ([key, value]) => `${embedded(keySchema, key)}:${embedded(valueSchema, value)}`,
  );
  return `{${entries.join(',')}}`;
}

function structText(struct: Struct): string {
  const fields = struct.schema.fields.map(
    (field) => `${quoted(field.name)}:${embedded(field.schema, struct.get(field))}`,
  );
  return `{${fields.join(',')}}`;
}

function numberText(schema: Schema | null, value: number): string {
  if (schema?.type === 'FLOAT32') return formatFloat(value);
  if (schema?.type === 'FLOAT64' || !Number.isSafeInteger(value)) return formatDouble(value);
  return String(value);
}

/** A time on the first day, a date at midnight, else both; in UTC. Kafka: Values.dateFormatFor. */
export function isoText(date: Date): string {
  // Years beyond 9999 have a sign and zeros in JavaScript, in Java neither.
  const iso = date.toISOString().replace(/^\+0*/, '');
  const timeAt = iso.indexOf('T');
  if (date.getTime() < MS_PER_DAY) return iso.slice(timeAt + 1);
  return date.getTime() % MS_PER_DAY === 0 ? iso.slice(0, timeAt) : iso;
}

function quoted(text: string): string {
  return `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
}

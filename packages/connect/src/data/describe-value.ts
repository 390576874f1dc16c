// How string converters, file sinks and messages show a value: what Java's toString prints.
import { formatDouble, formatFloat } from './format-float.ts';
import type { Schema } from './schema.ts';

/**
 * The text that Java prints for such a value: `null`, `1.0E10`, `[1, 2]`, `{a=1}`, `Struct{a=1}`,
 * `Thu Jan 01 00:00:00 UTC 1970`. Bytes, which Java prints by address, are shown in hexadecimal.
 *
 * @param schema tells floating point numbers from integers; without it a number that is whole is shown as an integer
 */
export function describeValue(value: unknown, schema: Schema | null = null): string {
  if (value === null || value === undefined) return 'null';
  if (typeof value === 'number') return describeNumber(value, schema);
  if (typeof value === 'object') return describeObject(value, schema);
  return (value as { toString(): string }).toString();
}

function describeNumber(value: number, schema: Schema | null): string {
  if (schema?.type === 'FLOAT32') return formatFloat(value);
  if (schema?.type === 'FLOAT64') return formatDouble(value);
  return Number.isSafeInteger(value) ? String(value) : formatDouble(value);
}

function describeObject(value: object, schema: Schema | null): string {
  if (Array.isArray(value)) {
    const elements = value.map((element) => describeValue(element, schema?.valueSchemaOrNull));
    return `[${elements.join(', ')}]`;
  }
  if (value instanceof Map) return describeEntries(value, schema);
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex');
  if (value instanceof Date) return describeDate(value);
  if (Object.getPrototypeOf(value) === Object.prototype)
    return describeEntries(Object.entries(value), null);
  // Structs and decimals know how; so may a connector's own classes.
  return (value as { toString(): string }).toString();
}

function describeEntries(
  entries: Iterable<readonly [unknown, unknown]>,
  schema: Schema | null,
): string {
  const shown = Array.from(
    entries,
    ([key, element]) =>
      `${describeValue(key, schema?.keySchemaOrNull)}=${describeValue(element, schema?.valueSchemaOrNull)}`,
  );
  return `{${shown.join(', ')}}`;
}

/** As java.util.Date prints it in the zone UTC. */
function describeDate(date: Date): string {
  if (Number.isNaN(date.getTime())) return 'Invalid Date';
  const [weekday = '', day = '', month = '', year = '', time = ''] = date.toUTCString().split(' ');
  return `${weekday.slice(0, 3)} ${month} ${day} ${time} UTC ${year}`;
}

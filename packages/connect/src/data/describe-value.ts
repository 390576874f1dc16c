// How messages and file sinks show a value: what Java's toString would print.
import { formatDouble } from './format-float.ts';

/**
 * The text that Java prints for such a value: `null`, `1.0E10`, `[1, 2]`, `{a=1}`, `Struct{a=1}`.
 * Bytes, which Java prints by address, are shown in hexadecimal; dates in ISO 8601.
 * A number that is whole is shown as an integer: without a schema Java's 1.0 and 1 are one value here.
 */
export function describeValue(value: unknown): string {
  if (value === null || value === undefined) return 'null';
  switch (typeof value) {
    case 'string':
      return value;
    case 'number':
      return Number.isSafeInteger(value) ? String(value) : formatDouble(value);
    case 'object':
      return describeObject(value);
    default:
      return String(value);
  }
}

function describeObject(value: object): string {
  if (Array.isArray(value)) return `[${value.map(describeValue).join(', ')}]`;
  if (value instanceof Map) return `{${describeEntries(value)}}`;
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex');
  if (value instanceof Date)
    return Number.isNaN(value.getTime()) ? 'Invalid Date' : value.toISOString();
  if (Object.getPrototypeOf(value) === Object.prototype)
    return `{${describeEntries(Object.entries(value))}}`;
  return String(value);
}

function describeEntries(entries: Iterable<readonly [unknown, unknown]>): string {
  return Array.from(
    entries,
    ([key, element]) => `${describeValue(key)}=${describeValue(element)}`,
  ).join(', ');
}

// JSON text as Jackson writes it, byte for byte: no white space, upper case in escapes, NaN as a text.
import { formatDouble, formatFloat } from '../../data/format-float.ts';
import { DataError } from '../../errors.ts';

/** Quotes, backslashes and control characters. */
const ESCAPED = /[^ !#-[\]-\uffff]/g;
const SHORT: Readonly<Record<string, string>> = {
  '"': '\\"',
  '\\': '\\\\',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
};

/** A JSON string. @throws DataError when the text has half a surrogate pair, which UTF-8 cannot say */
export function jsonString(text: string): string {
  if (!text.isWellFormed())
    throw new DataError(
      'Converting Kafka Connect data to byte[] failed due to serialization error: incomplete surrogate pair',
    );
  return `"${text.replace(ESCAPED, escape)}"`;
}

function escape(character: string): string {
  const code = character.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0');
  return SHORT[character] ?? `\\u${code}`;
}

/** A FLOAT64; what is no finite number is written as a text. */
export function jsonDouble(value: number): string {
  return Number.isFinite(value) ? formatDouble(value) : `"${value}"`;
}

/** A FLOAT32. */
export function jsonFloat(value: number): string {
  return Number.isFinite(Math.fround(value)) ? formatFloat(value) : `"${Math.fround(value)}"`;
}

/** `"name":value`, fields in the given order. */
export function jsonFields(fields: readonly (readonly [name: string, json: string])[]): string {
  return `{${fields.map(([name, json]) => `${jsonString(name)}:${json}`).join(',')}}`;
}

// JSON text as Jackson writes it, byte for byte: no white space, upper case in escapes, NaN as a text.
import { formatDouble, formatFloat } from '../../data/format-float.ts';

/** Quotes, backslashes, control characters, and the halves of surrogate pairs, which Jackson escapes each by itself. */
const ESCAPED = /[^ !#-[\]-\ud7ff\ue000-\uffff]/g;
const SHORT: Readonly<Record<string, string>> = {
  '"': '\\"',
  '\\': '\\\\',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
};

/** A JSON string. */
export function jsonString(text: string): string {
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

// JSON as a tree that loses nothing: integers of any size, decimals digit by digit, fields in order.
// Kafka reads JSON with Jackson (big decimals, leading zeros allowed); so does this reader.
import { DataError } from '../../errors.ts';
import { Decimal } from '../../data/decimal.ts';

/** Integers: a number where it is exact, else a bigint. What has a point or an exponent is a Decimal. */
export type JsonNode =
  | null
  | boolean
  | string
  | number
  | bigint
  | Decimal
  | JsonNode[]
  | JsonObject;

/** Fields in the order of the text; of a name that occurs twice the last value, in the first place. */
export type JsonObject = Map<string, JsonNode>;

export function isObject(node: JsonNode | undefined): node is JsonObject {
  return node instanceof Map;
}

/** Jackson's word for the kind of a node, for messages. */
export function nodeType(node: JsonNode | undefined): string {
  if (node === undefined) return 'MISSING';
  if (node === null) return 'NULL';
  if (Array.isArray(node)) return 'ARRAY';
  if (node instanceof Map) return 'OBJECT';
  if (typeof node === 'string') return 'STRING';
  return typeof node === 'boolean' ? 'BOOLEAN' : 'NUMBER';
}

/** Nesting beyond this is refused, as by Jackson's limits. */
export const JSON_DEPTH_MAX = 500;

export interface ParsedJson {
  /** Undefined when there was nothing but white space. */
  readonly node: JsonNode | undefined;
  /** The text of the outermost object's field `schema`, by which schemas are remembered; empty when there is none. */
  readonly envelopeSchema: string;
}

/** Reads the first JSON value of the text; Jackson looks no further, so neither does this. @throws DataError on malformed text */
export function parseJson(text: string): ParsedJson {
  const reader = new JsonReader(text);
  const node = reader.read();
  return { node, envelopeSchema: reader.envelopeSchema };
}

const NUMBER = /-?\d+(\.\d+)?([eE][+-]?\d+)?/y;
/** Neither quotes nor backslashes nor control characters. */
const PLAIN_TEXT = /[ !#-[\]-\uffff]*/y;
const WHITESPACE = /[ \t\n\r]*/y;
const ESCAPES: Readonly<Record<string, string>> = {
  '"': '"',
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
};

class JsonReader {
  readonly #text: string;
  #at = 0;
  #depth = 0;

  constructor(text: string) {
    this.#text = text;
  }

  envelopeSchema = '';

  read(): JsonNode | undefined {
    this.#take(WHITESPACE);
    return this.#at === this.#text.length ? undefined : this.#value();
  }

  #value(): JsonNode {
    this.#take(WHITESPACE);
    switch (this.#text[this.#at]) {
      case '{':
        return this.#nested(() => this.#object());
      case '[':
        return this.#nested(() => this.#array());
      case '"':
        return this.#string();
      case 't':
        return this.#literal('true', true);
      case 'f':
        return this.#literal('false', false);
      case 'n':
        return this.#literal('null', null);
      default:
        return this.#number();
    }
  }

  #nested<T>(read: () => T): T {
    if (++this.#depth > JSON_DEPTH_MAX)
      throw this.#malformed(`nested deeper than ${JSON_DEPTH_MAX}`);
    this.#at++;
    const node = read();
    this.#depth--;
    return node;
  }

  #object(): JsonObject {
    const fields: JsonObject = new Map();
    if (this.#skip('}')) return fields;
    do {
      this.#take(WHITESPACE);
      if (this.#text[this.#at] !== '"') throw this.#malformed('expected a field name');
      const name = this.#string();
      if (!this.#skip(':')) throw this.#malformed("expected ':'");
      const start = this.#at;
      fields.set(name, this.#value());
      if (this.#depth === 1 && name === 'schema')
        this.envelopeSchema = this.#text.slice(start, this.#at).trim();
    } while (this.#skip(','));
    if (!this.#skip('}')) throw this.#malformed("expected ',' or '}'");
    return fields;
  }

  #array(): JsonNode[] {
    const elements: JsonNode[] = [];
    if (this.#skip(']')) return elements;
    do elements.push(this.#value());
    while (this.#skip(','));
    if (!this.#skip(']')) throw this.#malformed("expected ',' or ']'");
    return elements;
  }

  #string(): string {
    this.#at++;
    let text = this.#take(PLAIN_TEXT);
    while (this.#text[this.#at] === '\\') text += this.#escape() + this.#take(PLAIN_TEXT);
    if (this.#text[this.#at] !== '"') throw this.#malformed('a string does not end');
    this.#at++;
    return text;
  }

  #escape(): string {
    const kind = this.#text[this.#at + 1] ?? '';
    this.#at += 2;
    const plain = ESCAPES[kind];
    if (plain !== undefined) return plain;
    const hex = this.#text.slice(this.#at, this.#at + 4);
    if (kind !== 'u' || !/^[0-9a-fA-F]{4}$/.test(hex)) throw this.#malformed('unknown escape');
    this.#at += 4;
    return String.fromCharCode(Number.parseInt(hex, 16));
  }

  #number(): JsonNode {
    const text = this.#take(NUMBER);
    if (text === '') throw this.#malformed('expected a value');
    if (/[.eE\w]/.test(this.#text[this.#at] ?? '')) throw this.#malformed('a number does not end');
    if (/[.eE]/.test(text)) return Decimal.parse(text);
    const value = Number(text);
    return Number.isSafeInteger(value) ? value + 0 : BigInt(text);
  }

  #literal<T>(text: string, value: T): T {
    if (!this.#text.startsWith(text, this.#at)) throw this.#malformed('unknown word');
    this.#at += text.length;
    return value;
  }

  /** Steps over white space and then `character`, if it is there. */
  #skip(character: string): boolean {
    this.#take(WHITESPACE);
    if (this.#text[this.#at] !== character) return false;
    this.#at++;
    return true;
  }

  #take(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    const text = pattern.exec(this.#text)?.[0] ?? '';
    this.#at += text.length;
    return text;
  }

  #malformed(why: string): DataError {
    return new DataError(`malformed JSON at character ${this.#at}: ${why}`);
  }
}

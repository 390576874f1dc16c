// Guesses what a text means: numbers, booleans, dates, lists, maps; else it stays a text.
// Kafka: org.apache.kafka.connect.data.Values.parseString; used for headers and for literals in configs.
import { Decimal } from '../data/decimal.ts';
import {
  ConnectDate,
  ConnectTime,
  ConnectTimestamp,
  decimalBuilder,
} from '../data/logical-types.ts';
import { NULL_VALUE, type SchemaAndValue } from '../data/schema-and-value.ts';
import { Schema } from '../data/schema.ts';
import { SchemaBuilder } from '../data/schema-builder.ts';
import { DataError } from '../errors.ts';
import { convertValue } from './convert-value.ts';
import { SchemaMerger } from './schema-merger.ts';
import { TokenReader } from './token-reader.ts';

/**
 * The value in the narrowest type that holds it: `1` is INT8, `1.5` FLOAT32, `[1,2]` a list, `2026-01-31` a date,
 * `null` nothing. What follows a number or date behind a delimiter is ignored, as Kafka does.
 */
export function parseText(text: string): SchemaAndValue {
  if (text === '') return { schema: Schema.STRING, value: text };
  return new TextReader(text).read(false) ?? NULL_VALUE;
}

class TextReader {
  readonly #tokens: TokenReader;

  constructor(text: string) {
    this.#tokens = new TokenReader(text);
  }

  /** @returns null for the word null @throws DataError when `isEmbedded` (in a list or map) and nothing fits */
  read(isEmbedded: boolean): SchemaAndValue | null {
    if (!this.#tokens.hasNext()) return null;
    if (isEmbedded && this.#tokens.consume('"')) return this.#quoted();
    if (this.#isWord('null', isEmbedded)) return null;
    if (this.#isWord('true', isEmbedded)) return { schema: Schema.BOOLEAN, value: true };
    if (this.#isWord('false', isEmbedded)) return { schema: Schema.BOOLEAN, value: false };
    const start = this.#tokens.mark();
    try {
      if (this.#tokens.consume('[')) return this.#list();
      if (this.#tokens.consume('{')) return this.#map();
    } catch (error) {
      if (!(error instanceof DataError)) throw error;
      this.#tokens.rewindTo(start);
    }
    const token = this.#tokens.next();
    return token.trim() === ''
      ? { schema: Schema.STRING, value: token }
      : this.#single(token.trim(), isEmbedded);
  }

  /** At the top a word must be all there is: `true}` is a text. */
  #isWord(word: string, isEmbedded: boolean): boolean {
    const start = this.#tokens.mark();
    if (this.#tokens.consume(word) && (isEmbedded || !this.#tokens.hasNext())) return true;
    this.#tokens.rewindTo(start);
    return false;
  }

  #single(token: string, isEmbedded: boolean): SchemaAndValue {
    const startsWithDigit = /^\d/.test(token);
    const temporal = startsWithDigit ? this.#temporalOfTokens(token) : undefined;
    if (temporal !== undefined) return temporal;
    const number = startsWithDigit || /^[+-]/.test(token) ? parseNumber(token) : undefined;
    if (number !== undefined) return number;
    if (isEmbedded) throw new DataError('Failed to parse embedded value');
    return { schema: Schema.STRING, value: this.#tokens.original };
  }

  /** A time has colons, which are delimiters: it comes in five tokens. */
  #temporalOfTokens(token: string): SchemaAndValue | undefined {
    const start = this.#tokens.mark();
    const rest = this.#tokens.nextTokens(4);
    const whole = rest === undefined ? undefined : parseTemporal(token + rest);
    if (whole !== undefined) return whole;
    this.#tokens.rewindTo(start);
    return parseTemporal(token);
  }

  #quoted(): SchemaAndValue {
    let text = '';
    while (this.#tokens.hasNext() && !this.#tokens.consume('"')) text += this.#tokens.next();
    return parseTemporal(text) ?? { schema: Schema.STRING, value: text };
  }

  #list(): SchemaAndValue {
    const elements: unknown[] = [];
    const merger = new SchemaMerger();
    while (this.#tokens.hasNext()) {
      if (this.#tokens.consume(']')) return listOf(elements, merger.schema);
      if (this.#tokens.consume(',')) throw new DataError('Unable to parse an empty array element');
      const element = this.read(true);
      merger.add(element?.schema);
      elements.push(element?.value ?? null);
      const afterElement = this.#tokens.mark();
      if (this.#tokens.consume(']')) this.#tokens.rewindTo(afterElement);
      else if (!this.#tokens.consume(',')) throw new DataError("Array elements missing ','");
    }
    throw new DataError("Array is missing terminating ']'");
  }

  #map(): SchemaAndValue {
    const entries = new Map<unknown, unknown>();
    const keys = new SchemaMerger();
    const values = new SchemaMerger();
    while (this.#tokens.hasNext()) {
      if (this.#tokens.consume('}')) return mapOf(entries, keys.schema, values.schema);
      if (this.#tokens.consume(','))
        throw new DataError('Unable to parse a map entry with no key or value');
      const key = this.read(true);
      if (key === null) throw new DataError('Map entry may not have a null key');
      if (!this.#tokens.consume(':')) throw new DataError("Map entry is missing ':'");
      const value = this.read(true);
      entries.set(key.value, value?.value ?? null);
      this.#tokens.consume(',');
      keys.add(key.schema);
      values.add(value?.schema);
    }
    throw new DataError("Map is missing terminating '}'");
  }
}

function listOf(elements: readonly unknown[], elementSchema: Schema | null): SchemaAndValue {
  if (elementSchema === null)
    return { schema: new SchemaBuilder('ARRAY').build(), value: elements };
  return {
    schema: SchemaBuilder.array(elementSchema).build(),
    value: elements.map((element) => convertValue(elementSchema, null, element)),
  };
}

function mapOf(
  entries: ReadonlyMap<unknown, unknown>,
  keySchema: Schema | null,
  valueSchema: Schema | null,
): SchemaAndValue {
  if (keySchema === null) return { schema: new SchemaBuilder('MAP').build(), value: entries };
  const schema = new SchemaBuilder('MAP', { keySchema, ...(valueSchema && { valueSchema }) });
  const converted = Array.from(entries, ([key, value]): [unknown, unknown] => [
    convertValue(keySchema, null, key),
    valueSchema === null ? value : convertValue(valueSchema, null, value),
  ]);
  return { schema: schema.build(), value: new Map(converted) };
}

const INT64_LIMIT = 2n ** 63n;

/** The narrowest integer, else FLOAT32, FLOAT64, a decimal; undefined when it is no number. */
function parseNumber(token: string): SchemaAndValue | undefined {
  let decimal: Decimal;
  try {
    decimal = Decimal.parse(token);
  } catch (error) {
    if (error instanceof DataError) return undefined;
    throw error;
  }
  const magnitude = Math.abs(decimal.toNumber());
  const mayBeInteger = decimal.sign === 0 || (magnitude >= 1 && magnitude <= 1e19);
  if (mayBeInteger && decimal.isWhole()) {
    const value = decimal.toBigInt();
    if (value >= -INT64_LIMIT && value < INT64_LIMIT) return integer(value);
  }
  if (decimal.scale !== 0 && Number.isFinite(Math.fround(magnitude)))
    return { schema: Schema.FLOAT32, value: Math.fround(decimal.toNumber()) };
  if (decimal.scale !== 0 && Number.isFinite(magnitude))
    return { schema: Schema.FLOAT64, value: decimal.toNumber() };
  return { schema: decimalBuilder(decimal.scale).build(), value: decimal };
}

function integer(exact: bigint): SchemaAndValue {
  const value = Number(exact);
  if (!Number.isSafeInteger(value)) return { schema: Schema.INT64, value: exact };
  if (BigInt.asIntN(8, exact) === exact) return { schema: Schema.INT8, value };
  if (BigInt.asIntN(16, exact) === exact) return { schema: Schema.INT16, value };
  return { schema: BigInt.asIntN(32, exact) === exact ? Schema.INT32 : Schema.INT64, value };
}

const DATE = /^(\d+)-(\d+)-(\d+)/;
const TIME = /^(\d+):(\d+):(\d+)\.(\d+)Z/;
const TIMESTAMP = /^(\d+)-(\d+)-(\d+)T(\d+):(\d+):(\d+)\.(\d+)Z/;
const LENGTHS = { date: 10, time: 13, timestamp: 24 };

/** ISO 8601 in UTC, of just the right length; as lenient as Java about days and hours that overflow. */
function parseTemporal(text: string): SchemaAndValue | undefined {
  const token = text.replaceAll('\\:', ':');
  if (token.length === LENGTHS.date) {
    const [year, month, day] = numbers(DATE, token);
    if (day === undefined) return undefined;
    return { schema: ConnectDate.schema, value: dateOf(year, month, day) };
  }
  if (token.length === LENGTHS.time) {
    const [hour, minute, second, ms] = numbers(TIME, token);
    if (ms === undefined) return undefined;
    return { schema: ConnectTime.schema, value: dateOf(1970, 1, 1, hour, minute, second, ms) };
  }
  if (token.length !== LENGTHS.timestamp) return undefined;
  const [year, month, day, hour, minute, second, ms] = numbers(TIMESTAMP, token);
  if (ms === undefined) return undefined;
  const value = dateOf(year, month, day, hour, minute, second, ms);
  return { schema: ConnectTimestamp.schema, value };
}

function numbers(pattern: RegExp, token: string): number[] {
  return (pattern.exec(token) ?? []).slice(1).map(Number);
}

function dateOf(year = 1970, month = 1, day = 1, hour = 0, minute = 0, second = 0, ms = 0): Date {
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  date.setUTCHours(hour, minute, second, ms);
  return date;
}

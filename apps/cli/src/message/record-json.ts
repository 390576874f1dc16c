// Messages as lines of JSON without loss: what `consume --json` prints, `produce --json` takes. Bytes that are valid
// UTF-8 are a string, all others `{"base64": "…"}`, null is null; headers are a list of pairs, so that order,
// repeated keys and null values survive.
import { Buffer, isUtf8 } from 'node:buffer';
import { usageError } from '../cli-error.ts';

/** Bytes in JSON. */
export type JsonBytes = string | null | { readonly base64: string };

/** A message as read from a topic. */
export interface ConsumedMessage {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  /** Milliseconds since 1970; −1 for none. */
  readonly timestamp: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: readonly (readonly [key: string, value: Buffer | null])[];
}

/** A message to be written; what is undefined is left to the producer. */
export interface MessageToProduce {
  readonly topic: string | undefined;
  readonly partition: number | undefined;
  /** Milliseconds since 1970. */
  readonly timestamp: number | undefined;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: readonly (readonly [key: string, value: Buffer | null])[];
}

/** One line, without the line feed. */
export function formatMessageJson(message: ConsumedMessage): string {
  const { topic, partition, offset, timestamp, key, value, headers } = message;
  return JSON.stringify({
    topic,
    partition,
    offset,
    timestamp,
    key: bytesToJson(key),
    headers: headers.map(([name, content]) => [name, bytesToJson(content)]),
    value: bytesToJson(value),
  });
}

/** Exact: `bytesFromJson(bytesToJson(bytes))` equals `bytes`. */
export function bytesToJson(bytes: Buffer | null): JsonBytes {
  if (bytes === null) return null;
  return isUtf8(bytes) ? bytes.toString('utf8') : { base64: bytes.toString('base64') };
}

/**
 * Reads a line of `consume --json`. `value` must be there, everything else may be absent; unknown members (`offset`)
 * are ignored.
 *
 * @throws CliError that says what is wrong and on which line
 */
export function parseMessageJson(line: string, lineNumber: number): MessageToProduce {
  const at = `line ${lineNumber}`;
  const json = parseObject(line, at);
  if (!('value' in json))
    throw usageError(`${at}: "value" is missing`, 'Write "value": null for a tombstone.');
  return {
    topic: optional(json['topic'], isString, `${at}: "topic" must be a string`),
    partition: optional(json['partition'], isCount, `${at}: "partition" must be a number from 0`),
    timestamp: timestampFromJson(json['timestamp'], at),
    key: bytesFromJson(json['key'] ?? null, `${at}: "key"`),
    value: bytesFromJson(json['value'], `${at}: "value"`),
    headers: headersFromJson(json['headers'] ?? [], at),
  };
}

function parseObject(line: string, at: string): Record<string, unknown> {
  let json: unknown;
  try {
    json = JSON.parse(line);
  } catch {
    throw usageError(`${at} is no JSON`, 'Without --json every line is a value as it stands.');
  }
  if (typeof json !== 'object' || json === null || Array.isArray(json))
    throw usageError(`${at} is no JSON object`, 'A line looks like {"key": "k", "value": "v"}.');
  return json as Record<string, unknown>;
}

function optional<T>(
  value: unknown,
  accepts: (value: unknown) => value is T,
  message: string,
): T | undefined {
  if (value === undefined || value === null) return undefined;
  if (!accepts(value)) throw usageError(message);
  return value;
}

const isString = (value: unknown): value is string => typeof value === 'string';
const isCount = (value: unknown): value is number =>
  Number.isSafeInteger(value) && Number(value) >= 0;

function timestampFromJson(value: unknown, at: string): number | undefined {
  // −1 is Kafka's "no timestamp".
  if (value === -1) return undefined;
  return optional(value, isCount, `${at}: "timestamp" must be milliseconds since 1970`);
}

function bytesFromJson(value: unknown, where: string): Buffer | null {
  if (value === null) return null;
  if (typeof value === 'string') return Buffer.from(value, 'utf8');
  const base64 = typeof value === 'object' ? (value as { base64?: unknown })?.base64 : undefined;
  if (typeof base64 === 'string') {
    const bytes = Buffer.from(base64, 'base64');
    if (bytes.toString('base64').replace(/=+$/, '') === base64.replace(/=+$/, '')) return bytes;
    throw usageError(`${where} holds base64 that is not well formed`);
  }
  throw usageError(
    `${where} must be a string, null or {"base64": "…"}`,
    'To send a JSON document as it is, pass it as a string, or leave --json out.',
  );
}

function headersFromJson(
  value: unknown,
  at: string,
): readonly (readonly [string, Buffer | null])[] {
  if (!Array.isArray(value)) throw usageError(`${at}: "headers" must be a list of [key, value]`);
  return value.map((pair: unknown) => {
    if (!Array.isArray(pair) || pair.length !== 2 || typeof pair[0] !== 'string')
      throw usageError(`${at}: every header must be [key, value]`);
    return [pair[0], bytesFromJson(pair[1], `${at}: header "${pair[0]}"`)] as const;
  });
}

// What `produce` reads: lines of text by its options, or lines of JSON, one message after the other.
import { Buffer } from 'node:buffer';
import { usageError } from '../cli-error.ts';
import { splitLines } from './lines.ts';
import { type MessageToProduce, parseMessageJson } from './record-json.ts';

/** How a line becomes a message. */
export interface LineOptions {
  readonly json?: boolean;
  readonly key?: string;
  readonly keySeparator?: string;
  readonly nullMarker?: string;
  readonly header?: readonly (readonly [string, string])[];
  readonly partition?: number;
  readonly keepPartition?: boolean;
  readonly keepTimestamp?: boolean;
}

/** Yields a message for each line, those of one chunk together. @throws CliError that names the line */
export async function* messagesIn(
  chunks: AsyncIterable<Uint8Array>,
  options: LineOptions,
): AsyncGenerator<readonly MessageToProduce[]> {
  const parse = options.json === true ? jsonParser(options) : textParser(options);
  let lineNumber = 0;
  for await (const lines of splitLines(chunks)) {
    const messages: MessageToProduce[] = [];
    for (const line of lines) {
      lineNumber += 1;
      const message = parse(line, lineNumber);
      if (message !== undefined) messages.push(message);
    }
    yield messages;
  }
}

type LineParser = (line: Buffer, lineNumber: number) => MessageToProduce | undefined;

/** Empty lines are skipped, as NDJSON allows. */
function jsonParser(options: LineOptions): LineParser {
  return (line, lineNumber) => {
    if (line.length === 0) return undefined;
    const message = parseMessageJson(line.toString('utf8'), lineNumber);
    return {
      ...message,
      partition:
        options.partition ?? (options.keepPartition === true ? message.partition : undefined),
      timestamp: options.keepTimestamp === false ? undefined : message.timestamp,
    };
  };
}

function textParser(options: LineOptions): LineParser {
  const marker = options.nullMarker === undefined ? undefined : Buffer.from(options.nullMarker);
  const orNull = (bytes: Buffer) => (marker?.equals(bytes) === true ? null : bytes);
  const key = options.key === undefined ? null : Buffer.from(options.key);
  const separator =
    options.keySeparator === undefined ? undefined : Buffer.from(options.keySeparator);
  const shared = {
    topic: undefined,
    partition: options.partition,
    timestamp: undefined,
    headers: (options.header ?? []).map(([name, value]) => [name, Buffer.from(value)] as const),
  };
  return (line, lineNumber) => {
    if (separator === undefined) return { ...shared, key, value: orNull(line) };
    const at = line.indexOf(separator);
    if (at < 0)
      throw usageError(
        `line ${lineNumber} has no key separator "${options.keySeparator}"`,
        'Without --key-separator every line is a value.',
      );
    const value = line.subarray(at + separator.length);
    return { ...shared, key: orNull(line.subarray(0, at)), value: orNull(value) };
  };
}

/** Options that contradict each other. */
export function checkLineOptions(options: LineOptions): void {
  if (options.keySeparator === '') throw usageError('--key-separator must not be empty');
  if (options.key !== undefined && options.keySeparator !== undefined)
    throw usageError('--key and --key-separator exclude each other');
  if (options.json !== true) {
    if (options.keepPartition === true) throw usageError('--keep-partition needs --json');
    return;
  }
  for (const [name, value] of [
    ['--key', options.key],
    ['--key-separator', options.keySeparator],
    ['--null-marker', options.nullMarker],
    ['--header', options.header],
  ] as const)
    if (value !== undefined)
      throw usageError(`${name} and --json exclude each other`, 'Say it in the JSON.');
  if (options.partition !== undefined && options.keepPartition === true)
    throw usageError('--partition and --keep-partition exclude each other');
}

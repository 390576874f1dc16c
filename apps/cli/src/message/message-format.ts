// `--format`: a text with verbs, compiled once into a list of parts. The verbs are those of kcat and rpk where they agree.
import { Buffer } from 'node:buffer';
import { usageError } from '../cli-error.ts';
import type { ConsumedMessage } from './record-json.ts';

type Part = (message: ConsumedMessage) => Uint8Array | string;

/** What a null key or value looks like in text. */
const NULL_TEXT = 'null';

/** Every verb with its meaning; the help prints them. */
export const FORMAT_VERBS: Readonly<Record<string, string>> = {
  t: 'topic',
  p: 'partition',
  o: 'offset',
  k: 'key',
  v: 'value',
  h: 'headers as k=v,k=v',
  T: 'timestamp in ms',
};

const VERBS: Readonly<Record<string, Part>> = {
  t: (message) => message.topic,
  p: (message) => String(message.partition),
  o: (message) => String(message.offset),
  k: (message) => message.key ?? NULL_TEXT,
  v: (message) => message.value ?? NULL_TEXT,
  h: (message) =>
    Buffer.concat(
      message.headers.flatMap(([key, value], index) => [
        Buffer.from(`${index === 0 ? '' : ','}${key}=`),
        value ?? Buffer.from(NULL_TEXT),
      ]),
    ),
  T: (message) => String(message.timestamp),
  '%': () => '%',
};

const ESCAPES: Readonly<Record<string, string>> = {
  n: '\n',
  r: '\r',
  t: '\t',
  '0': '\0',
  '\\': '\\',
};

/**
 * Compiles a format such as `%t %p %o %k %v\n`. `\n`, `\r`, `\t`, `\0`, `\\` and `\xHH` are escapes, `%%` is a percent sign.
 *
 * @returns a function from message to bytes
 * @throws CliError for an unknown verb or escape
 */
export function compileFormat(format: string): (message: ConsumedMessage) => Buffer {
  const parts = parseFormat(format);
  return (message) =>
    Buffer.concat(
      parts.map((part) => {
        const piece = typeof part === 'function' ? part(message) : part;
        return typeof piece === 'string' ? Buffer.from(piece) : piece;
      }),
    );
}

function parseFormat(format: string): readonly (Part | Uint8Array)[] {
  const parts: (Part | Uint8Array)[] = [];
  const pattern = /%(.?)|\\(x[0-9a-fA-F]{2}|.?)|[^%\\]+/gsu;
  for (const [whole, verb, escape] of format.matchAll(pattern)) {
    if (verb !== undefined) parts.push(verbPart(verb));
    else if (escape !== undefined) parts.push(escapeBytes(escape));
    else parts.push(Buffer.from(whole));
  }
  return parts;
}

function verbPart(verb: string): Part {
  const part = VERBS[verb];
  if (part !== undefined) return part;
  const known = Object.entries(FORMAT_VERBS).map(([letter, meaning]) => `%${letter} ${meaning}`);
  throw usageError(
    `--format: unknown verb %${verb}`,
    `Known: ${known.join(', ')}, %% a percent sign.`,
  );
}

function escapeBytes(escape: string): Uint8Array {
  if (escape.length === 3) return Buffer.from([Number.parseInt(escape.slice(1), 16)]);
  const text = ESCAPES[escape];
  if (text === undefined)
    throw usageError(`--format: unknown escape \\${escape}`, 'Known: \\n \\r \\t \\0 \\xHH \\\\.');
  return Buffer.from(text);
}

// The syntax of a Kafka server.properties file, which is that of java.util.Properties: `key = value`, `key: value` or
// `key value`; `#` and `!` begin comments; a line that ends in an odd number of backslashes goes on in the next one;
// `\t`, `\n`, `\r`, `\f`, `\uXXXX` are escapes, and any other escaped character stands for itself.

import { ConfigError } from './config-error.ts';

/**
 * The key-value pairs of a properties text, in order; of a repeated key the last value counts.
 *
 * @throws ConfigError on a broken `\u` escape
 */
export function parseProperties(text: string): Map<string, string> {
  const properties = new Map<string, string>();
  for (const line of logicalLines(text)) {
    const [key, value] = splitLine(line);
    properties.set(unescape(key), unescape(value));
  }
  return properties;
}

/** Lines without comments and blanks, continuations joined (leading blanks of a continuation are dropped). */
function* logicalLines(text: string): Generator<string> {
  let open: string | undefined;
  for (const raw of text.replace(/^\uFEFF/, '').split(/\r\n|\n|\r/)) {
    const line = raw.replace(/^[ \t\f]+/, '');
    if (open === undefined && (line === '' || line.startsWith('#') || line.startsWith('!')))
      continue;
    const joined: string = (open ?? '') + line;
    if (endsInOddBackslashes(line)) {
      open = joined.slice(0, -1);
      continue;
    }
    open = undefined;
    if (joined !== '') yield joined;
  }
  if (open !== undefined && open !== '') yield open;
}

function endsInOddBackslashes(line: string): boolean {
  let count = 0;
  while (count < line.length && line[line.length - 1 - count] === '\\') count += 1;
  return count % 2 === 1;
}

/** Splits at the first separator that is not escaped. */
function splitLine(line: string): [key: string, value: string] {
  let end = 0;
  while (end < line.length && !' \t\f=:'.includes(line[end]!)) end += line[end] === '\\' ? 2 : 1;
  const rest = line.slice(end).replace(/^[ \t\f]*[=:]?[ \t\f]*/, '');
  return [line.slice(0, end), rest];
}

const ESCAPES: Readonly<Record<string, string>> = { t: '\t', n: '\n', r: '\r', f: '\f' };

function unescape(text: string): string {
  if (!text.includes('\\')) return text;
  return text.replace(/\\(u([0-9a-fA-F]{4})?|[^])/g, (_all, escaped: string, hex?: string) => {
    if (hex !== undefined) return String.fromCharCode(Number.parseInt(hex, 16));
    if (escaped === 'u') throw new ConfigError(`"\\u" needs four hexadecimal digits: ${text}`);
    return ESCAPES[escaped] ?? escaped;
  });
}

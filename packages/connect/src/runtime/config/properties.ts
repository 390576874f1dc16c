// The syntax of java.util.Properties, in which worker.properties and connector files are written: `key=value`, `key: value`
// or `key value`; `#` and `!` begin comments; a line that ends in an odd number of backslashes goes on in the next.

/** The key-value pairs of a properties text; of a repeated key the last value counts. @throws SyntaxError on a broken `\u` escape */
export function parseProperties(text: string): Map<string, string> {
  const pairs = new Map<string, string>();
  for (const line of logicalLines(text)) {
    const keyEnd = endOfKey(line);
    const value = line.slice(keyEnd).replace(/^[ \t\f]*[=:]?[ \t\f]*/, '');
    pairs.set(unescaped(line.slice(0, keyEnd)), unescaped(value));
  }
  return pairs;
}

function* logicalLines(text: string): Generator<string> {
  let begun: string | undefined;
  for (const raw of text.replace(/^\uFEFF/, '').split(/\r\n|\n|\r/)) {
    const line = raw.replace(/^[ \t\f]+/, '');
    if (begun === undefined && (line === '' || /^[#!]/.test(line))) continue;
    const isContinued = /(?:^|[^\\])(?:\\\\)*\\$/.test(line);
    const whole: string = (begun ?? '') + (isContinued ? line.slice(0, -1) : line);
    begun = isContinued ? whole : undefined;
    if (!isContinued && whole !== '') yield whole;
  }
  if (begun !== undefined && begun !== '') yield begun;
}

function endOfKey(line: string): number {
  let end = 0;
  while (end < line.length && !' \t\f=:'.includes(line[end]!)) end += line[end] === '\\' ? 2 : 1;
  return end;
}

const ESCAPES: Readonly<Record<string, string>> = { t: '\t', n: '\n', r: '\r', f: '\f' };

function unescaped(text: string): string {
  return text.replace(/\\(u([0-9a-fA-F]{4})?|[^])/g, (_all, escaped: string, hex?: string) => {
    if (hex !== undefined) return String.fromCharCode(Number.parseInt(hex, 16));
    if (escaped === 'u') throw new SyntaxError(`"\\u" needs four hexadecimal digits: ${text}`);
    return ESCAPES[escaped] ?? escaped;
  });
}

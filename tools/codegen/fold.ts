// Breaks long lines of generated code, so that it reads like the rest of the repository. It knows just the few shapes
// that the emitters write: heads of functions, conditions with one statement, choices by `? :`, and calls.

const LINE_MAX = 100;

/** The lines of a text, each that is too long broken at the outermost place that its shape allows. */
export function foldLongLines(text: string): string {
  return text.split('\n').flatMap(fold).join('\n');
}

function fold(line: string): string[] {
  if (line.length <= LINE_MAX) return [line];
  const indent = /^ */.exec(line)![0];
  const shape = foldFunction(line) ?? foldCondition(line) ?? foldChoice(line) ?? foldCall(line);
  if (shape === undefined) return [line];
  const [first, ...rest] = shape;
  return [first!, ...rest.flatMap((part) => fold(indent + part))];
}

/** `function f(a: A, b: B): C {` with one parameter on each line. */
function foldFunction(line: string): string[] | undefined {
  const match = /^((?:export )?function \w+\()(.*)(\): .* \{)$/.exec(line);
  if (match === null) return undefined;
  const parameters = splitOutside(match[2]!, ', ').map((parameter) => `  ${parameter},`);
  return [match[1]!, ...parameters, match[3]!];
}

/** `if (condition) statement;` with the statement on a line of its own; a condition before a block, in parts. */
function foldCondition(line: string): string[] | undefined {
  const start = /^ *(?:(?:else )?if|for) \(/.exec(line);
  if (start === null) return undefined;
  const end = closing(line, start[0].length - 1);
  if (!line.endsWith('{')) return [line.slice(0, end + 1), `  ${line.slice(end + 2)}`];
  const parts = splitOutside(line.slice(start[0].length, end), ' || ');
  const lines = parts.map((part, index) => `  ${part}${index + 1 < parts.length ? ' ||' : ''}`);
  return [start[0], ...lines, line.slice(end)];
}

/** `name: condition ? value : other,` in three lines. */
function foldChoice(line: string): string[] | undefined {
  if (!/^ *(\w+: |: |value\.\w+ = )/.test(line)) return undefined;
  const [condition, ...choices] = splitOutside(line, ' ? ');
  if (choices.length === 0) return undefined;
  const [yes, ...no] = splitOutside(choices.join(' ? '), ' : ');
  return [condition!, `  ? ${yes}`, `  : ${no.join(' : ')}`];
}

/** `f(a, b);` with one argument on each line. */
function foldCall(line: string): string[] | undefined {
  const open = line.search(/(?<=\w)\(/);
  if (open === -1) return undefined;
  const end = closing(line, open);
  if (end < line.length - 2) return undefined;
  const args = splitOutside(line.slice(open + 1, end), ', ').map((argument) => `  ${argument},`);
  return [line.slice(0, open + 1), ...args, line.slice(end)];
}

/** Position of the bracket that closes the one at `open`. */
function closing(text: string, open: number): number {
  let depth = 0;
  for (let at = open; at < text.length; at += 1) {
    if (text[at] === '(') depth += 1;
    if (text[at] === ')') depth -= 1;
    if (depth === 0) return at;
  }
  throw new Error(`unbalanced: ${text}`);
}

/** Splits where no bracket is open. */
function splitOutside(text: string, separator: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let from = 0;
  for (let at = 0; at < text.length; at += 1) {
    if ('([{'.includes(text[at]!)) depth += 1;
    if (')]}'.includes(text[at]!)) depth -= 1;
    if (depth === 0 && text.startsWith(separator, at)) {
      parts.push(text.slice(from, at));
      from = at + separator.length;
    }
  }
  return [...parts, text.slice(from)];
}

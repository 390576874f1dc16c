// Options that several commands share, and the parsers of option values: a wrong value is a usage error (exit code 2).
import { type Command, InvalidArgumentError } from 'commander';

/** What every command that talks to a cluster can be told. */
export interface ClusterOptions {
  readonly bootstrapServer?: string;
  readonly json?: boolean;
}

/** Adds `--bootstrap-server` and `--json`. */
export function withCluster(command: Command): Command {
  return command
    .option(
      '-b, --bootstrap-server <host:port,…>',
      'brokers to start from (default: $OTTLA_BOOTSTRAP_SERVERS, the cluster in ./ottla-data, or 127.0.0.1:9092)',
    )
    .option('--json', 'machine-readable output');
}

/** An integer of at least `min`; commander's parser signature. */
export function integer(min: number, max: number = Number.MAX_SAFE_INTEGER) {
  return (text: string): number => {
    const value = Number(text);
    if (!/^-?\d+$/.test(text) || !Number.isSafeInteger(value) || value < min || value > max)
      throw new InvalidArgumentError(
        max === Number.MAX_SAFE_INTEGER
          ? `It must be a whole number of at least ${min}.`
          : `It must be a whole number from ${min} to ${max}.`,
      );
    return value;
  };
}

/** Collects a repeatable option. */
export function repeatable(value: string, previous: readonly string[] = []): readonly string[] {
  return [...previous, value];
}

/** Collects a repeatable option of integers. */
export function repeatableInteger(min: number) {
  const parse = integer(min);
  return (text: string, previous: readonly number[] = []): readonly number[] => [
    ...previous,
    parse(text),
  ];
}

/** Integers with commas between them, none twice; commander's parser signature. */
export function integers(min: number) {
  const parse = integer(min);
  return (text: string): readonly number[] => {
    const values = text.split(',').map((part) => parse(part.trim()));
    if (new Set(values).size < values.length)
      throw new InvalidArgumentError('None of them may be there twice.');
    return values;
  };
}

/** Collects `key=value`; the value may hold `=` and be empty. */
export function keyValue(
  text: string,
  previous: readonly (readonly [string, string])[] = [],
): readonly (readonly [string, string])[] {
  const at = text.indexOf('=');
  if (at < 1) throw new InvalidArgumentError('It must be key=value.');
  return [...previous, [text.slice(0, at), text.slice(at + 1)]];
}

/** Milliseconds since 1970 from a number or an ISO 8601 date; undefined when it is neither. */
export function parseTimestamp(text: string): number | undefined {
  if (/^\d+$/.test(text)) return Number(text);
  if (!/^\d{4}-\d{2}/.test(text)) return undefined;
  const ms = Date.parse(text);
  return Number.isNaN(ms) ? undefined : ms;
}

/** Milliseconds since 1970; commander's parser signature. */
export function timestamp(text: string): number {
  const ms = parseTimestamp(text);
  if (ms === undefined)
    throw new InvalidArgumentError(
      'It must be milliseconds since 1970 or a date like 2026-01-31T12:00:00Z.',
    );
  return ms;
}

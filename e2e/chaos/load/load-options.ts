// What a load is told on its command line; the Java load is told the same.
import { parseArgs } from 'node:util';

export interface LoadOptions {
  readonly bootstrap: string;
  readonly topic: string;
  readonly partitions: number;
  readonly group: string;
  /** File that the history is appended to. */
  readonly history: string;
  /** Before the names of its producers and members, so that several loads share a history. */
  readonly name: string;
  readonly producers: number;
  readonly consumers: number;
  /** For one, two or three times so many milliseconds a consumer is a member before it leaves and comes back. */
  readonly stay: number;
  /** Records a second of each producer. */
  readonly rate: number;
}

/** Arguments of a load's command line. */
export function loadArguments(options: LoadOptions): string[] {
  return Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)]);
}

/** @throws when something is missing */
export function parseLoadArguments(args: readonly string[]): LoadOptions {
  const names = ['bootstrap', 'topic', 'group', 'history', 'name'] as const;
  const amounts = ['partitions', 'producers', 'consumers', 'stay', 'rate'] as const;
  const { values } = parseArgs({
    args: [...args],
    options: Object.fromEntries(
      [...names, ...amounts].map((name) => [name, { type: 'string' as const }]),
    ),
  });
  const text = (name: string): string => {
    const value = values[name];
    if (typeof value !== 'string') throw new Error(`--${name} is missing`);
    return value;
  };
  return {
    bootstrap: text('bootstrap'),
    topic: text('topic'),
    group: text('group'),
    history: text('history'),
    name: text('name'),
    partitions: Number(text('partitions')),
    producers: Number(text('producers')),
    consumers: Number(text('consumers')),
    stay: Number(text('stay')),
    rate: Number(text('rate')),
  };
}

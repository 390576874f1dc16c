// Log levels by name, as `/admin/loggers` sets them: a name stands for itself and for all names below it.
import type { Clock, LogFields, Logger } from '@ottla/platform';

export const LOG_LEVELS = [
  'OFF',
  'FATAL',
  'ERROR',
  'WARN',
  'INFO',
  'DEBUG',
  'TRACE',
  'ALL',
] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** A level as the REST API shows it. */
export interface LoggerLevel {
  readonly level: LogLevel;
  /** Milliseconds since 1970; null when it was never changed. */
  readonly last_modified: number | null;
}

/** The name of the root of all names. */
export const ROOT = 'root';

export class Loggers {
  readonly #output: Logger;
  readonly #clock: Clock;
  readonly #levels = new Map<string, LoggerLevel>([[ROOT, { level: 'INFO', last_modified: null }]]);
  readonly #known = new Set<string>();

  /** @param output what is let through goes there */
  constructor(output: Logger, clock: Clock) {
    this.#output = output;
    this.#clock = clock;
  }

  /** A logger under a name; names are Java's where Kafka has them, parts separated by dots. */
  named(name: string, fields: LogFields = {}): Logger {
    this.#known.add(name);
    const output = this.#output.child({ logger: name, ...fields });
    const lets = (level: LogLevel): boolean => rank(level) <= rank(this.#effective(name));
    return {
      debug: (message, more) => lets('DEBUG') && output.debug(message, more),
      info: (message, more) => lets('INFO') && output.info(message, more),
      warn: (message, more) => lets('WARN') && output.warn(message, more),
      error: (message, more) => lets('ERROR') && output.error(message, more),
      child: (more) => this.named(name, { ...fields, ...more }),
    };
  }

  /** Those that were set, by name. */
  all(): Readonly<Record<string, LoggerLevel>> {
    return Object.fromEntries([...this.#levels].sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  /** Undefined for a name that nobody has used or set. */
  level(name: string): LoggerLevel | undefined {
    const set = this.#levels.get(name);
    if (set !== undefined || !this.#known.has(name)) return set;
    return { level: this.#effective(name), last_modified: null };
  }

  /** Sets a name and all below it. @returns the names that were changed, sorted */
  set(name: string, level: LogLevel): string[] {
    const changed = new Set([name]);
    for (const each of [...this.#known, ...this.#levels.keys()])
      if (name === ROOT || each.startsWith(`${name}.`)) changed.add(each);
    for (const each of changed)
      this.#levels.set(each, { level, last_modified: this.#clock.nowMs() });
    return [...changed].sort();
  }

  #effective(name: string): LogLevel {
    for (let each = name; each !== ''; each = each.slice(0, Math.max(0, each.lastIndexOf('.')))) {
      const set = this.#levels.get(each);
      if (set !== undefined) return set.level;
    }
    return this.#levels.get(ROOT)?.level ?? 'INFO';
  }
}

function rank(level: LogLevel): number {
  return LOG_LEVELS.indexOf(level);
}

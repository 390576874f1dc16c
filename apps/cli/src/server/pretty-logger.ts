// Log lines for the person in front of `ottla dev`: warnings and errors only, short, the message first.
import type { LogFields, Logger } from '@ottla/platform';
import type { Output } from '../io.ts';
import { dim } from '../output/table.ts';

/** A logger that drops `debug` and `info`. */
export function prettyLogger(output: Output, fields: LogFields = {}): Logger {
  const print = (level: string, message: string, more: LogFields = {}) => {
    const pairs = Object.entries({ ...fields, ...more }).map(
      ([key, value]) => `${key}=${text(value)}`,
    );
    const tail = pairs.length === 0 ? '' : ` ${dim(pairs.join(' '), output)}`;
    void output.write(`${level}: ${message}${tail}\n`);
  };
  return {
    debug() {},
    info() {},
    warn: (message, more) => print('warning', message, more),
    error: (message, more) => print('error', message, more),
    child: (more) => prettyLogger(output, { ...fields, ...more }),
  };
}

function text(value: unknown): string {
  if (value instanceof Error) return value.message;
  if (typeof value === 'string') return value;
  return JSON.stringify(value) ?? String(value);
}

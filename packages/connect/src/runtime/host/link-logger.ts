// A logger whose lines go to the worker, which writes them.
import type { LogFields, Logger } from '@ottla/platform';
import type { LogLine } from './host-protocol.ts';
import { type Link, traceOf } from './link.ts';

/** @param fields added to every line */
export function linkLogger(link: Link, fields: LogFields): Logger {
  const send = (level: LogLine['level'], message: string, more: LogFields = {}): void =>
    link.note('log', { level, message, fields: plain({ ...fields, ...more }) } satisfies LogLine);
  return {
    debug: (message, more) => send('debug', message, more),
    info: (message, more) => send('info', message, more),
    warn: (message, more) => send('warn', message, more),
    error: (message, more) => send('error', message, more),
    child: (more) => linkLogger(link, { ...fields, ...more }),
  };
}

/** What can be copied between threads. */
function plain(fields: LogFields): LogFields {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [
      name,
      value instanceof Error
        ? traceOf(value)
        : typeof value === 'object' || typeof value === 'function'
          ? JSON.stringify(value)
          : value,
    ]),
  );
}

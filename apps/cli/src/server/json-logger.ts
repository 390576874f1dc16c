// Log lines for machines: pino behind the Logger of `platform`.
import type { LogFields, Logger } from '@ottla/platform';
import pino from 'pino';
import type { CliIo } from '../io.ts';

/** Levels that OTTLA_LOG_LEVEL may name; `info` when it names none. */
const LEVELS = ['debug', 'info', 'warn', 'error'] as const;

/** Writes one JSON object a line to standard output. */
export function jsonLogger(io: CliIo): Logger {
  const level = LEVELS.find((one) => one === io.env['OTTLA_LOG_LEVEL']) ?? 'info';
  const output = pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: levelName },
    },
    { write: (line: string) => void io.stdout.write(line) },
  );
  return loggerOn(output);
}

const levelName = (level: string) => ({ level });

function loggerOn(output: pino.Logger): Logger {
  return {
    debug: (message, fields) => output.debug(plain(fields), message),
    info: (message, fields) => output.info(plain(fields), message),
    warn: (message, fields) => output.warn(plain(fields), message),
    error: (message, fields) => output.error(plain(fields), message),
    child: (fields) => loggerOn(output.child(plain(fields))),
  };
}

/** Pino writes an Error in full only under the name `err`. */
function plain(fields: LogFields = {}): Record<string, unknown> {
  const { error, ...rest } = fields;
  return error === undefined ? rest : { ...rest, err: error };
}

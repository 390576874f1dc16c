// The logger of those who were given none.
import type { Logger } from './ports.ts';

/** Drops every line; the default of libraries. */
export const silentLogger: Logger = {
  debug() {},
  info() {},
  warn() {},
  error() {},
  child: () => silentLogger,
};

// Where `consume` starts in each partition.
import { usageError } from '../cli-error.ts';
import { parseTimestamp } from '../options.ts';

/** A place in a partition, before its log is known. */
export type StartPosition =
  | { readonly kind: 'earliest' | 'latest' }
  | { readonly kind: 'offset'; readonly offset: number }
  /** So many records before the end. */
  | { readonly kind: 'before-end'; readonly count: number }
  /** The first record at or after, ms since 1970. */
  | { readonly kind: 'timestamp'; readonly timestamp: number };

/** `earliest`, `latest`, an offset, `-N` or `@time`. */
export function parseStartPosition(text: string): StartPosition {
  if (text === 'earliest' || text === 'beginning') return { kind: 'earliest' };
  if (text === 'latest' || text === 'end') return { kind: 'latest' };
  if (/^\d+$/.test(text)) return { kind: 'offset', offset: Number(text) };
  if (/^-\d+$/.test(text)) return { kind: 'before-end', count: -Number(text) };
  const timestamp = text.startsWith('@') ? parseTimestamp(text.slice(1)) : undefined;
  if (timestamp !== undefined) return { kind: 'timestamp', timestamp };
  throw usageError(
    `--offset ${text}: no place in a partition`,
    'Give an offset, -N for N before the end, earliest, latest, or @ with ms since 1970 or a date.',
  );
}

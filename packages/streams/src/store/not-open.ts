// The error of a store that is used before its task runs, or after.
import { StreamsError } from '../errors.ts';

/** @param cause what the disk said, of a read that was under way */
export function notOpen(store: string, cause?: unknown): StreamsError {
  return new StreamsError(
    'STORE_NOT_AVAILABLE',
    `store ${store} is not open: its task is not running here now`,
    { retriable: true, cause },
  );
}

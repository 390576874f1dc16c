// The error of a store that is used before its task runs, or after.
import { StreamsError } from '../errors.ts';

export function notOpen(store: string): StreamsError {
  return new StreamsError(
    'STORE_NOT_AVAILABLE',
    `store ${store} is not open: its task is not running here now`,
    { retriable: true },
  );
}

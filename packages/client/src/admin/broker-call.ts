// What every part of the admin client needs: a connection to some broker, and the same question again while that may help.
import type { BrokerConnection } from '../connection/broker-connection.ts';

/**
 * Calls `use` with a connection to any broker until it succeeds, fails for good, or `defaultApiTimeoutMs` have passed.
 *
 * @param what for the error, as in "creating topics did not succeed"
 */
export type BrokerCall = <T>(
  what: string,
  use: (connection: BrokerConnection) => Promise<T>,
) => Promise<T>;

// One connection to each broker and purpose, opened when first needed. A broker that cannot be reached is left alone for a
// while that grows, so that a thousand clients do not storm one that comes back. Kafka: ClusterConnectionStates.
import { UsageError } from '../errors.ts';
import type { ResolvedOptions } from '../options.ts';
import { exponentialMs } from '../retry.ts';
import { BrokerConnection, CLOSED_HERE } from './broker-connection.ts';

/** Where a broker listens. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

interface Trouble {
  failures: number;
  /** Monotonic milliseconds before which it is not tried again. */
  retryAtMs: number;
}

export class ConnectionPool {
  readonly #options: ResolvedOptions;
  readonly #opening = new Map<string, Promise<BrokerConnection>>();
  readonly #open = new Map<string, BrokerConnection>();
  /** By address. */
  readonly #troubles = new Map<string, Trouble>();
  readonly #closing = new AbortController();

  constructor(options: ResolvedOptions) {
    this.#options = options;
  }

  get isClosed(): boolean {
    return this.#closing.signal.aborted;
  }

  /** Aborted by `close`, with the error that calls then end with. */
  get closing(): AbortSignal {
    return this.#closing.signal;
  }

  /** The connection if it is open now. */
  ready(address: Address, purpose = ''): BrokerConnection | undefined {
    return this.#open.get(keyOf(address, purpose));
  }

  /** Monotonic milliseconds before which `connect` will not try; 0 for at once. */
  retryAtMs(address: Address): number {
    return this.#troubles.get(keyOf(address))?.retryAtMs ?? 0;
  }

  /** Waits while the address is left alone, then connects; many callers share one attempt. @throws UsageError `CLOSED` */
  connect(address: Address, purpose = ''): Promise<BrokerConnection> {
    const key = keyOf(address, purpose);
    const underWay = this.#opening.get(key);
    if (underWay !== undefined) return underWay;
    const open = this.#open.get(key);
    if (open !== undefined) return Promise.resolve(open);
    const opening = this.#connect(address, key).finally(() => this.#opening.delete(key));
    this.#opening.set(key, opening);
    return opening;
  }

  /** Cuts all connections; requests under way fail. */
  async close(): Promise<void> {
    this.#closing.abort(closedError());
    await Promise.allSettled(this.#opening.values());
    for (const connection of this.#open.values()) connection.close();
  }

  async #connect(address: Address, key: string): Promise<BrokerConnection> {
    const { platform, clientId, requestTimeoutMs, connectionsMaxIdleMs } = this.#options;
    const { signal } = this.#closing;
    if (signal.aborted) throw closedError();
    const waitMs = this.retryAtMs(address) - platform.clock.monotonicMs();
    if (waitMs > 0) await platform.timers.sleep(waitMs, signal);
    let connection: BrokerConnection | undefined;
    try {
      connection = await BrokerConnection.open({
        ...address,
        platform,
        clientId,
        requestTimeoutMs,
        maxIdleMs: connectionsMaxIdleMs,
        signal,
        onClose: (error) => {
          if (connection !== undefined && this.#open.get(key) === connection)
            this.#open.delete(key);
          if (error.code !== CLOSED_HERE) this.#failed(address);
        },
      });
      if (signal.aborted) connection.close();
      if (connection.isClosed) throw signal.aborted ? closedError() : connection.failure!;
      this.#troubles.delete(keyOf(address));
      this.#open.set(key, connection);
      return connection;
    } catch (error) {
      this.#failed(address);
      throw error;
    }
  }

  /** One failure may be told twice, by the attempt and by the connection: within the wait it counts once. */
  #failed(address: Address): void {
    const { platform, reconnectBackoffMs, reconnectBackoffMsMax } = this.#options;
    const nowMs = platform.clock.monotonicMs();
    const trouble = this.#troubles.get(keyOf(address)) ?? { failures: 0, retryAtMs: 0 };
    if (trouble.retryAtMs > nowMs) return;
    trouble.failures += 1;
    trouble.retryAtMs =
      nowMs +
      exponentialMs(reconnectBackoffMs, reconnectBackoffMsMax, trouble.failures, platform.random);
    this.#troubles.set(keyOf(address), trouble);
  }
}

function keyOf({ host, port }: Address, purpose = ''): string {
  return purpose === '' ? `${host}:${port}` : `${host}:${port}/${purpose}`;
}

function closedError(): UsageError {
  return new UsageError('the client was closed', 'CLOSED');
}

// One connection to each broker and purpose, opened when first needed. A broker that cannot be reached is left alone for a
// while that grows, so that a thousand clients do not storm one that comes back. Kafka: ClusterConnectionStates.
import { type KafkaError, UsageError } from '../errors.ts';
import type { ResolvedOptions } from '../options.ts';
import { exponentialMs } from '../retry.ts';
import { BrokerConnection, CLOSED_HERE } from './broker-connection.ts';

/** Where a broker listens. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

/** An attempt to connect, with its way to be given up. */
interface Opening {
  readonly connection: Promise<BrokerConnection>;
  readonly controller: AbortController;
}

interface Trouble {
  failures: number;
  /** Monotonic milliseconds before which it is not tried again. */
  retryAtMs: number;
}

export class ConnectionPool {
  readonly #options: ResolvedOptions;
  readonly #onSilence: (address: Address) => void;
  readonly #opening = new Map<string, Opening>();
  readonly #open = new Map<string, BrokerConnection>();
  /** By address. */
  readonly #troubles = new Map<string, Trouble>();
  readonly #closing = new AbortController();

  /** @param onSilence called again and again while a broker leaves a connection without the answer that is due */
  constructor(options: ResolvedOptions, onSilence: (address: Address) => void) {
    this.#options = options;
    this.#onSilence = onSilence;
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
    if (underWay !== undefined) return underWay.connection;
    const open = this.#open.get(key);
    if (open !== undefined) return Promise.resolve(open);
    if (this.isClosed) return Promise.reject(closedError());
    const controller = new AbortController();
    const connection = this.#connect(address, key, controller.signal).finally(() =>
      this.#opening.delete(key),
    );
    this.#opening.set(key, { connection, controller });
    return connection;
  }

  /** Cuts the connections to an address, also those that are being made; requests under way fail with the reason. */
  cut(address: Address, reason: KafkaError): void {
    const own = keyOf(address);
    const isOf = (key: string): boolean => key === own || key.startsWith(`${own}/`);
    for (const [key, { controller }] of this.#opening) if (isOf(key)) controller.abort(reason);
    for (const [key, connection] of this.#open) if (isOf(key)) connection.cut(reason);
  }

  /** Cuts all connections; requests under way fail. */
  async close(): Promise<void> {
    this.#closing.abort(closedError());
    const opening = [...this.#opening.values()];
    for (const { controller } of opening) controller.abort(closedError());
    await Promise.allSettled(opening.map(({ connection }) => connection));
    for (const connection of this.#open.values()) connection.close();
  }

  async #connect(address: Address, key: string, signal: AbortSignal): Promise<BrokerConnection> {
    const { platform, clientId, requestTimeoutMs, connectionsMaxIdleMs } = this.#options;
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
        onSilence: () => this.#onSilence(address),
        onClose: (error) => {
          if (connection !== undefined && this.#open.get(key) === connection)
            this.#open.delete(key);
          if (error.code !== CLOSED_HERE) this.#failed(address);
        },
      });
      if (signal.aborted) connection.close();
      if (connection.isClosed) throw signal.aborted ? signal.reason : connection.failure!;
      this.#troubles.delete(keyOf(address));
      this.#open.set(key, connection);
      return connection;
    } catch (error) {
      this.#failed(address);
      throw signal.aborted ? signal.reason : error;
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

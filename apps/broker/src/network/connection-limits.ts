// How many connections there may be, all together and from one address. Kafka: ConnectionQuotas.

import type { BrokerConfig } from '../config/broker-config.ts';

/** Counts connections against `max.connections`, `max.connections.per.ip` and its overrides, all of them dynamic. */
export class ConnectionLimits {
  readonly #config: BrokerConfig;
  readonly #byAddress = new Map<string, number>();
  #total = 0;

  constructor(config: BrokerConfig) {
    this.#config = config;
  }

  get total(): number {
    return this.#total;
  }

  /** Counts the connection in. @returns why not, when one of the limits is reached */
  tryAdd(address: string): string | undefined {
    const max = this.#config.number('max.connections');
    if (this.#total >= max) return `max.connections=${max} is reached`;
    const count = this.#byAddress.get(address) ?? 0;
    const perIp = this.#maxOf(address);
    if (count >= perIp) return `max.connections.per.ip=${perIp} is reached`;
    this.#byAddress.set(address, count + 1);
    this.#total += 1;
    return undefined;
  }

  remove(address: string): void {
    const count = this.#byAddress.get(address) ?? 0;
    if (count <= 1) this.#byAddress.delete(address);
    else this.#byAddress.set(address, count - 1);
    this.#total -= 1;
  }

  #maxOf(address: string): number {
    const overrides = this.#config.string('max.connections.per.ip.overrides');
    if (overrides !== '')
      for (const pair of overrides.split(',')) {
        const at = pair.lastIndexOf(':');
        if (pair.slice(0, at).trim() === address) return Number(pair.slice(at + 1));
      }
    return this.#config.number('max.connections.per.ip');
  }
}

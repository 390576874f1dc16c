// How many connections there may be, all together, on one listener and from one address. Kafka: ConnectionQuotas.

import type { BrokerConfig } from '../config/broker-config.ts';
import type { ListenerRole } from './request-context.ts';

/**
 * Counts the connections to the listeners of one role against `max.connections` (of all, and of each listener, which may have
 * a value of its own), `max.connections.per.ip` and its overrides; all but the values of single listeners are dynamic.
 * Clients that take all connections must not cut the brokers off from each other: where they have a listener of their own,
 * it has its own count only, and what a broker's listeners take is nothing to the controller's.
 */
export class ConnectionLimits {
  readonly #config: BrokerConfig;
  readonly #byAddress = new Map<string, number>();
  readonly #byListener = new Map<string, number>();
  /** The listener that is not counted among all; undefined when clients use it too. */
  readonly #protected: string | undefined;
  #total = 0;

  constructor(config: BrokerConfig, role: ListenerRole) {
    this.#config = config;
    const listeners = config.listeners.filter((endPoint) => endPoint.role === role);
    if (role === 'broker' && listeners.length > 1) this.#protected = config.interBrokerListenerName;
  }

  get total(): number {
    return this.#total;
  }

  /** Counts the connection in. @returns why not, when one of the limits is reached */
  tryAdd(address: string, listenerName: string): string | undefined {
    const max = this.#config.number('max.connections');
    if (this.#total >= max && listenerName !== this.#protected)
      return `max.connections=${max} is reached`;
    const onListener = this.#byListener.get(listenerName) ?? 0;
    const perListener = this.#maxOn(listenerName) ?? max;
    if (onListener >= perListener)
      return `max.connections=${perListener} of listener ${listenerName} is reached`;
    const count = this.#byAddress.get(address) ?? 0;
    const perIp = this.#maxOf(address);
    if (count >= perIp) return `max.connections.per.ip=${perIp} is reached`;
    this.#byAddress.set(address, count + 1);
    this.#byListener.set(listenerName, onListener + 1);
    this.#total += 1;
    return undefined;
  }

  remove(address: string, listenerName: string): void {
    const count = this.#byAddress.get(address) ?? 0;
    if (count <= 1) this.#byAddress.delete(address);
    else this.#byAddress.set(address, count - 1);
    this.#byListener.set(listenerName, (this.#byListener.get(listenerName) ?? 1) - 1);
    this.#total -= 1;
  }

  #maxOn(listenerName: string): number | undefined {
    const key = `listener.name.${listenerName.toLowerCase()}.max.connections`;
    const text = this.#config.given.get(key);
    return text === undefined ? undefined : Number(text);
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

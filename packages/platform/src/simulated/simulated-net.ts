// The `Net` and `Dns` ports of one simulated node: its listeners and its way out. TLS options are
// accepted and the bytes travel in the clear: what the simulation tries is not TLS.
import { NetError } from '../errors.ts';
import { MemoryPipe } from '../memory/pipe.ts';
import type { Connection, ConnectOptions, Dns, Listener, ListenOptions, Net } from '../ports.ts';
import { never } from './draw.ts';
import type { Network } from './network.ts';
import type { Life } from './scheduler.ts';
import { SimulatedConnection } from './simulated-connection.ts';

const EPHEMERAL_PORT_FIRST = 32_768;
const EPHEMERAL_PORT_COUNT = 28_000;
const CONNECT_TIMEOUT_MS_DEFAULT = 10_000;
/** How long a client waits before it knocks again, doubling. */
const KNOCK_AGAIN_MS = 1_000;
const LOOPBACK: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '::1']);
const ANYWHERE: ReadonlySet<string> = new Set(['', '0.0.0.0', '::']);
const PIPE_WATER_MARKS = { highWaterBytes: 256 * 1024, lowWaterBytes: 64 * 1024 };

interface OpenListener {
  readonly life: Life;
  readonly isLoopbackOnly: boolean;
  readonly accept: (connection: Connection) => void;
}

/** A machine as the network sees it; survives the lives of its node. */
export class SimulatedHost {
  readonly name: string;
  readonly address: string;
  /** No answer of any kind, not even a refusal. */
  isPoweredOff = false;
  readonly listeners: Map<number, OpenListener> = new Map();
  #portNext = 0;

  constructor(name: string, address: string) {
    this.name = name;
    this.address = address;
  }

  ephemeralPort(): number {
    for (;;) {
      const port = EPHEMERAL_PORT_FIRST + (this.#portNext++ % EPHEMERAL_PORT_COUNT);
      if (!this.listeners.has(port)) return port;
    }
  }

  endLife(life: Life): void {
    for (const [port, listener] of this.listeners) {
      if (listener.life === life) this.listeners.delete(port);
    }
  }
}

export class SimulatedNet implements Net {
  readonly #network: Network;
  readonly #host: SimulatedHost;
  readonly #life: Life;

  constructor(network: Network, host: SimulatedHost, life: Life) {
    this.#network = network;
    this.#host = host;
    this.#life = life;
  }

  async listen(
    options: ListenOptions,
    accept: (connection: Connection) => void,
  ): Promise<Listener> {
    if (!this.#life.isAlive) return never();
    const { host } = options;
    const isLoopbackOnly = LOOPBACK.has(host);
    const isOurs = host === this.#host.name || host === this.#host.address;
    if (!isLoopbackOnly && !isOurs && !ANYWHERE.has(host)) {
      throw new NetError('EADDRNOTAVAIL', `listen on ${host}:${options.port}`);
    }
    const port = options.port === 0 ? this.#host.ephemeralPort() : options.port;
    const { listeners } = this.#host;
    if (listeners.has(port)) throw new NetError('EADDRINUSE', `listen on ${host}:${port}`);
    const listener = { life: this.#life, isLoopbackOnly, accept };
    listeners.set(port, listener);
    return {
      host,
      port,
      async close() {
        if (listeners.get(port) === listener) listeners.delete(port);
      },
    };
  }

  connect(options: ConnectOptions): Promise<Connection> {
    const life = this.#life;
    if (!life.isAlive) return never();
    const { scheduler } = this.#network;
    const timeoutMs = options.timeoutMs ?? CONNECT_TIMEOUT_MS_DEFAULT;
    const { signal, host, port } = options;
    return new Promise((resolve, reject) => {
      if (signal?.aborted === true) {
        reject(signal.reason);
        return;
      }
      let isSettled = false;
      const settle = (): boolean => {
        if (isSettled) return false;
        isSettled = true;
        timer.cancel();
        signal?.removeEventListener('abort', onAbort);
        return true;
      };
      const fail = (error: unknown): void => {
        if (settle()) reject(error);
      };
      const onAbort = (): void => fail(signal?.reason);
      signal?.addEventListener('abort', onAbort, { once: true });
      const timer = scheduler.schedule(life, timeoutMs, 'net: connect timeout', () =>
        fail(new NetError('ETIMEDOUT', `connect to ${host}:${port}: no answer in ${timeoutMs} ms`)),
      );
      this.#knock(options, {
        isWaiting: () => !isSettled,
        open: (connection) => {
          if (settle()) resolve(connection);
          else connection.destroy();
        },
        fail,
      });
    });
  }

  pipe(): readonly [Connection, Connection] {
    const { scheduler } = this.#network;
    const defer = (callback: () => void): void => {
      scheduler.schedule(this.#life, 0, 'pipe', callback);
    };
    return new MemoryPipe({ defer, ...PIPE_WATER_MARKS }).ends;
  }

  #knock(options: ConnectOptions, knock: Knock): void {
    const target = LOOPBACK.has(options.host) ? this.#host : this.#network.findHost(options.host);
    if (target === undefined) {
      this.#later(() => knock.fail(new NetError('ENOTFOUND', `no host ${options.host}`)));
    } else {
      this.#send(target, options, knock, KNOCK_AGAIN_MS);
    }
  }

  /** One SYN; sent again when no answer can come back. */
  #send(target: SimulatedHost, options: ConnectOptions, knock: Knock, againMs: number): void {
    const network = this.#network;
    const { scheduler } = network;
    const here = this.#host.name;
    const label = `${here} > ${target.name}: connect`;
    scheduler.schedule(network.life, network.latencyMs(here, target.name), label, () => {
      if (!knock.isWaiting() || !this.#life.isAlive) return;
      const isLost = network.isBlocked(here, target.name) || network.isBlocked(target.name, here);
      if (isLost || target.isPoweredOff) {
        scheduler.schedule(this.#life, againMs, 'net: connect again', () => {
          if (knock.isWaiting()) this.#send(target, options, knock, againMs * 2);
        });
        return;
      }
      this.#answer(target, options, knock);
    });
  }

  #answer(target: SimulatedHost, options: ConnectOptions, knock: Knock): void {
    const network = this.#network;
    const { scheduler } = network;
    const { host, port } = options;
    const isLocal = target === this.#host;
    const listener = target.listeners.get(port);
    const backMs = network.latencyMs(target.name, this.#host.name);
    const isOpen = listener !== undefined && (isLocal || !listener.isLoopbackOnly);
    if (!isOpen || network.isRefused(target.name, port)) {
      scheduler.schedule(this.#life, backMs, 'net: refused', () =>
        knock.fail(new NetError('ECONNREFUSED', `connect to ${host}:${port}`)),
      );
      return;
    }
    const isLoopback = LOOPBACK.has(host);
    const near = {
      host: isLoopback ? '127.0.0.1' : this.#host.address,
      port: this.#host.ephemeralPort(),
    };
    const far = { host: isLoopback ? '127.0.0.1' : target.address, port };
    const client = new SimulatedConnection({
      wire: network,
      life: this.#life,
      local: near,
      remote: far,
    });
    const server = new SimulatedConnection({
      wire: network,
      life: listener.life,
      local: far,
      remote: near,
    });
    network.join([client, server], [this.#host.name, target.name]);
    scheduler.schedule(listener.life, 0, 'net: accept', () => listener.accept(server));
    scheduler.schedule(this.#life, backMs, 'net: connected', () => knock.open(client));
  }

  #later(callback: () => void): void {
    this.#network.scheduler.schedule(this.#life, 0, 'net: connect', callback);
  }
}

interface Knock {
  isWaiting(): boolean;
  open(connection: Connection): void;
  fail(error: unknown): void;
}

/** Names of the simulated hosts. */
export function simulatedDns(network: Network, host: SimulatedHost): Dns {
  return {
    hostname: () => host.name,
    async resolve(name) {
      if (LOOPBACK.has(name)) return ['127.0.0.1'];
      const found = network.findHost(name);
      if (found === undefined) throw new NetError('ENOTFOUND', `no host ${name}`);
      return [found.address];
    },
  };
}

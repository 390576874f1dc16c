// A host for questions about plugins: what there is, which configs they take, whether a configuration is valid. Plugins' code
// runs there too, so it is a thread of its own; one that does not answer in time is ended, and the next question gets a new one.
import type { Timer } from '@ottla/platform';
import { ConnectError } from '../../errors.ts';
import type { HostCalls } from '../host/host-protocol.ts';
import type { HerderOptions } from '../herder/standalone-herder.ts';
import { HostHandle } from './host-handle.ts';
import { hostInput, silentNotes } from './host-input.ts';

/** How long a host without questions is kept, milliseconds: a new one is there in a few tenths of a second. */
const IDLE_MS = 3_000;

export class PluginHost {
  readonly #options: HerderOptions;
  #host: HostHandle | undefined;
  #death: Error | undefined;
  /** Questions that are being answered. */
  #asked = 0;
  #idle: Timer | undefined;

  constructor(options: HerderOptions) {
    this.#options = options;
  }

  /** @throws what the plugin threw; ConnectError when it took longer than a request may */
  async call<K extends keyof HostCalls>(
    method: K,
    ...argument: Parameters<HostCalls[K]>
  ): Promise<ReturnType<HostCalls[K]>> {
    const { platform, config } = this.#options;
    this.#idle?.cancel();
    this.#asked += 1;
    const host = this.#alive();
    const late = Promise.withResolvers<never>();
    const timer = platform.timers.set(config.requestTimeoutMs, () => {
      late.reject(new ConnectError('Request timed out'));
      void host.end(0);
    });
    try {
      return await Promise.race([host.call(method, ...argument), late.promise]);
    } catch (error) {
      throw this.#death ?? error;
    } finally {
      timer.cancel();
      this.#asked -= 1;
      if (this.#asked === 0) this.#idle = platform.timers.set(IDLE_MS, () => this.#forget());
    }
  }

  async close(): Promise<void> {
    this.#idle?.cancel();
    await this.#host?.end(this.#options.config.gracefulTimeoutMs);
  }

  /** Its heap is worth more than its being there at once. */
  #forget(): void {
    void this.#host?.end(this.#options.config.gracefulTimeoutMs);
    this.#host = undefined;
  }

  #alive(): HostHandle {
    if (this.#host?.isAlive === true) return this.#host;
    const { config, platform, offsets, loggers } = this.#options;
    this.#death = undefined;
    this.#host = new HostHandle({
      name: 'connect-plugins',
      input: hostInput(config),
      isolation: config.isolation,
      platform,
      offsets,
      notes: silentNotes(loggers.named('org.apache.kafka.connect.runtime.isolation.Plugins')),
      onDeath: (error) => {
        this.#death = error;
      },
    });
    return this.#host;
  }
}

// What has to be undone, last thing first: the parts of a server that is stopped, or that failed half way up.

import type { Logger } from '@ottla/platform';

/** Closers, called once each in the reverse order of their adding. */
export class ClosingStack {
  readonly #logger: Logger;
  readonly #closers: { readonly name: string; readonly close: () => unknown }[] = [];
  #closed: Promise<void> | undefined;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** @param name for the log, should it fail */
  add(name: string, close: () => unknown): void {
    this.#closers.push({ name, close });
  }

  /** Closes everything; one that fails is logged and does not keep the others from closing. */
  close(): Promise<void> {
    this.#closed ??= this.#closeAll();
    return this.#closed;
  }

  async #closeAll(): Promise<void> {
    for (let part = this.#closers.pop(); part !== undefined; part = this.#closers.pop()) {
      try {
        await part.close();
      } catch (error) {
        this.#logger.error(`${part.name} did not close in order`, { error });
      }
    }
  }
}

// A long-running program in a worker thread of its own: stopped from outside even when it never yields.
import { type ResourceLimits, Worker } from 'node:worker_threads';
import { ThreadError } from '../errors.ts';
import type { Thread, ThreadOptions } from '../ports.ts';

/** The worker's program is text, so that a bundle needs no second file for it. The end of the program ends the thread. */
const PROGRAM = `
const { parentPort, workerData } = require('node:worker_threads');
const port = {
  post: (message) => parentPort.postMessage({ message }),
  listen: (handler) => parentPort.on('message', handler),
};
(async () => {
  const { module, exportName, input } = workerData;
  try {
    const exported = (await import(module))[exportName];
    if (typeof exported !== 'function') throw new TypeError(module + ' exports no function ' + exportName);
    await exported(input, port);
  } catch (error) {
    try {
      parentPort.postMessage({ error });
    } catch {
      parentPort.postMessage({ error: new Error(String(error)) });
    }
  }
  process.exit();
})();
setInterval(() => undefined, 2 ** 30);
`;

function resourceLimits({ heapBytesMax, youngBytesMax }: ThreadOptions): ResourceLimits {
  return {
    ...(heapBytesMax === undefined ? {} : { maxOldGenerationSizeMb: megabytes(heapBytesMax) }),
    ...(youngBytesMax === undefined ? {} : { maxYoungGenerationSizeMb: megabytes(youngBytesMax) }),
  };
}

function megabytes(bytes: number): number {
  return Math.max(1, Math.ceil(bytes / BYTES_OF_MEGABYTE));
}

const BYTES_OF_MEGABYTE = 1_048_576;

/** What the program's side sends: one of the two. */
interface Envelope {
  readonly message?: unknown;
  readonly error?: unknown;
}

export class NodeThread implements Thread {
  readonly #worker: Worker;
  readonly #name: string;
  readonly #exited = Promise.withResolvers<void>();
  #hasExited = false;
  #isTerminated = false;
  #failure: ThreadError | undefined;

  /** @param forget called when the thread has ended */
  constructor(options: ThreadOptions, forget: () => void) {
    const { module, exportName, input, name } = options;
    this.#name = name;
    try {
      this.#worker = new Worker(PROGRAM, {
        eval: true,
        name,
        workerData: { module: module.href, exportName, input },
        resourceLimits: resourceLimits(options),
      });
    } catch (error) {
      throw new ThreadError('ETASK', `${name}: the input cannot be copied`, error);
    }
    this.#worker.on('message', (envelope: Envelope) => {
      if (this.#isTerminated) return;
      if (!('error' in envelope)) options.onMessage(envelope.message);
      else this.#failure = this.#failed('ETASK', envelope.error);
    });
    this.#worker.on('error', (error) => (this.#failure ??= this.#failed('EWORKER', error)));
    this.#worker.on('exit', (code) => {
      this.#hasExited = true;
      if (code !== 0 && !this.#isTerminated)
        this.#failure ??= this.#failed('EWORKER', new Error(`exit code ${code}`));
      forget();
      options.onExit(this.#isTerminated ? undefined : this.#failure);
      this.#exited.resolve();
    });
  }

  post(message: unknown): void {
    if (this.#hasExited) return;
    try {
      this.#worker.postMessage(message);
    } catch (error) {
      throw new ThreadError('ETASK', `${this.#name}: the message cannot be copied`, error);
    }
  }

  async terminate(): Promise<void> {
    if (!this.#hasExited) this.#isTerminated = true;
    await this.#worker.terminate();
    await this.#exited.promise;
  }

  #failed(code: 'ETASK' | 'EWORKER', cause: unknown): ThreadError {
    const message = cause instanceof Error ? cause.message : String(cause);
    return new ThreadError(code, `${this.#name}: ${message}`, cause);
  }
}

// The process's standard input for connectors, which run in threads: taken in when somebody first asks, a chunk at a time.
import type { StandardInput } from '@ottla/connect/runtime';
import type { Readable } from 'node:stream';

export class WorkerInput implements StandardInput {
  readonly #open: () => Readable;
  readonly #chunks: Uint8Array[] = [];
  #stream: Readable | undefined;
  readonly #take = (chunk: Uint8Array): void => {
    this.#chunks.push(chunk);
    // Held until somebody has read it.
    this.#stream?.pause();
  };

  constructor(open: () => Readable) {
    this.#open = open;
  }

  async read(): Promise<Uint8Array> {
    if (this.#stream === undefined) {
      this.#stream = this.#open();
      // What broke is over: its end is silence, as that of a file.
      this.#stream.on('error', () => undefined).on('data', this.#take);
    }
    const bytes = Buffer.concat(this.#chunks.splice(0));
    this.#stream.resume();
    return bytes;
  }

  /** Lets go of the stream, so that the process can end. */
  close(): void {
    this.#stream?.off('data', this.#take).pause();
  }
}

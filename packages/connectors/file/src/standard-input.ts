// Standard input as a source reads it: what has come, or nothing. The end of input is silence, as for a file.

export class StandardInput {
  readonly #chunks: Buffer[] = [];
  readonly #take = (chunk: Buffer): void => {
    this.#chunks.push(chunk);
    // Held until the task has read it.
    process.stdin.pause();
  };

  /** @param signal lets go of standard input */
  constructor(signal: AbortSignal) {
    process.stdin.on('data', this.#take);
    signal.addEventListener('abort', () => void this.close(), { once: true });
  }

  async read(): Promise<Buffer> {
    const bytes = Buffer.concat(this.#chunks.splice(0));
    process.stdin.resume();
    return bytes;
  }

  async close(): Promise<void> {
    process.stdin.off('data', this.#take);
    process.stdin.pause();
  }
}

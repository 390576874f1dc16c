// What a client did, appended line by line to a file of its own, for the history checker.
import { createWriteStream, type WriteStream } from 'node:fs';
import { once } from 'node:events';
import { formatOperation, type Operation } from '../../../tools/history/operation.ts';
import { nowMs } from '../clock.ts';

type Without<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;

export class HistoryFile {
  readonly #stream: WriteStream;

  constructor(file: string) {
    this.#stream = createWriteStream(file, { flags: 'a' });
  }

  /** Notes an operation that happens now. */
  note(operation: Without<Operation, 'at'>): void {
    const whole = { at: nowMs(), ...operation } as Operation;
    this.#stream.write(`${formatOperation(whole)}\n`);
  }

  async close(): Promise<void> {
    this.#stream.end();
    await once(this.#stream, 'close');
  }
}

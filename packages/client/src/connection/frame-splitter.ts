// Chunks of a stream in, whole response frames out. A frame's size is checked before anything is allocated for it.
import { ConnectionError } from '../errors.ts';

const SIZE_BYTES = 4;

/** One connection's receive side. */
export class FrameSplitter {
  readonly #maxBytes: number;
  readonly #deliver: (frame: Buffer) => void;
  readonly #size = Buffer.alloc(SIZE_BYTES);
  #sizeFilled = 0;
  #frame: Buffer | undefined;
  #filled = 0;

  /** @param deliver called with each frame, without its size; the buffer is the receiver's to keep */
  constructor(maxBytes: number, deliver: (frame: Buffer) => void) {
    this.#maxBytes = maxBytes;
    this.#deliver = deliver;
  }

  /** @throws ConnectionError `EPROTO` when a frame's size cannot be right */
  push(chunk: Buffer): void {
    let at = 0;
    while (at < chunk.length) {
      if (this.#frame === undefined) at = this.#readSize(chunk, at);
      else {
        const count = chunk.copy(this.#frame, this.#filled, at);
        at += count;
        this.#filled += count;
      }
      if (this.#frame !== undefined && this.#filled === this.#frame.length) {
        const frame = this.#frame;
        this.#frame = undefined;
        this.#deliver(frame);
      }
    }
  }

  #readSize(chunk: Buffer, start: number): number {
    const count = chunk.copy(this.#size, this.#sizeFilled, start);
    this.#sizeFilled += count;
    if (this.#sizeFilled < SIZE_BYTES) return start + count;
    this.#sizeFilled = 0;
    const size = this.#size.readInt32BE(0);
    if (size < SIZE_BYTES || size > this.#maxBytes)
      throw new ConnectionError(
        'EPROTO',
        `the peer announced a response of ${size} bytes: is it a Kafka broker, without TLS?`,
      );
    this.#frame = Buffer.allocUnsafeSlow(size);
    this.#filled = 0;
    return start + count;
  }
}

// Puts the frames of a connection together from the chunks that the socket delivers: each byte is copied once, into
// memory of its frame's size. Kafka: NetworkReceive.
import { FRAME_SIZE_BYTES, ProtocolError } from '@ottla/protocol';

/** A frame without its size, and the hold on its memory; `SlabLease` of the log has this shape. */
export interface ResponseFrame {
  readonly bytes: Buffer;
  retain(): void;
  /** The bytes may be used again after the last release. */
  release(): void;
}

export interface ResponseFramesOptions<Frame extends ResponseFrame> {
  /** Memory for a frame of so many bytes, with one hold. */
  readonly lease: (sizeBytes: number) => Frame;
  /** A larger frame is refused before anything is allocated. */
  readonly sizeBytesMax: number;
  /** Takes over the hold on a whole frame. */
  readonly onFrame: (frame: Frame) => void;
}

/** Of one connection. */
export class ResponseFrames<Frame extends ResponseFrame> {
  readonly #options: ResponseFramesOptions<Frame>;
  readonly #prefix: Buffer = Buffer.alloc(FRAME_SIZE_BYTES);
  #prefixFilled = 0;
  #frame: Frame | undefined;
  #filled = 0;

  constructor(options: ResponseFramesOptions<Frame>) {
    this.#options = options;
  }

  /** Takes what it needs of the chunk now. @throws ProtocolError when a frame announces an impossible size */
  receive(chunk: Buffer): void {
    let position = 0;
    while (position < chunk.length) {
      position += this.#frame === undefined ? this.#begin(chunk, position) : 0;
      const frame = this.#frame;
      if (frame === undefined) return;
      const count = Math.min(frame.bytes.length - this.#filled, chunk.length - position);
      chunk.copy(frame.bytes, this.#filled, position, position + count);
      this.#filled += count;
      position += count;
      if (this.#filled < frame.bytes.length) return;
      this.#frame = undefined;
      this.#options.onFrame(frame);
    }
  }

  /** The connection ended: lets go of the frame that was begun. */
  close(): void {
    this.#frame?.release();
    this.#frame = undefined;
  }

  /** Reads the size. @returns how many bytes of the chunk it took */
  #begin(chunk: Buffer, position: number): number {
    const count = Math.min(FRAME_SIZE_BYTES - this.#prefixFilled, chunk.length - position);
    chunk.copy(this.#prefix, this.#prefixFilled, position, position + count);
    this.#prefixFilled += count;
    if (this.#prefixFilled < FRAME_SIZE_BYTES) return count;
    this.#prefixFilled = 0;
    const sizeBytes = this.#prefix.readInt32BE(0);
    if (sizeBytes < FRAME_SIZE_BYTES || sizeBytes > this.#options.sizeBytesMax)
      throw new ProtocolError('MALFORMED', `an answer of ${sizeBytes} bytes`);
    this.#frame = this.#options.lease(sizeBytes);
    this.#filled = 0;
    return count;
  }
}

/** Memory that the garbage collector owns. */
export function ownFrame(sizeBytes: number): ResponseFrame {
  return { bytes: Buffer.allocUnsafe(sizeBytes), retain: () => {}, release: () => {} };
}

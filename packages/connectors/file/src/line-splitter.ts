// Cuts bytes into lines that end in LF, CR LF or CR, and knows the byte behind each. An incomplete line waits for its end;
// so does a CR at the end of what there is, for an LF may follow.

const LF = 0x0a;
const CR = 0x0d;

/** A line without its end. */
export interface Line {
  readonly text: string;
  /** Bytes from the start of the file to the beginning of the next line. */
  readonly endPosition: number;
}

/** A line is held in memory until its end comes; beyond this it is an error, bytes. */
export const LINE_BYTES_MAX: number = 256 * 1024 * 1024;

export class LineSplitter {
  /** What no line has been made of, in order. */
  #pending: Buffer = Buffer.alloc(0);
  /** Where `#pending` begins. */
  #position: number;
  /** Bytes of `#pending` that hold no end of a line. */
  #searched = 0;

  /** @param position of the first byte that will be added, in bytes from the start of the file */
  constructor(position: number) {
    this.#position = position;
  }

  /** Where the next byte to be added stands in the file. */
  get readPosition(): number {
    return this.#position + this.#pending.length;
  }

  /** Takes bytes in; they are copied where they must be kept. @throws RangeError when a line is longer than the limit */
  add(bytes: Buffer): void {
    this.#pending = Buffer.concat([this.#pending, bytes]);
    if (this.#searched > LINE_BYTES_MAX)
      throw new RangeError(`a line is longer than ${LINE_BYTES_MAX} bytes`);
  }

  /** The next complete line; undefined when there is none. */
  next(): Line | undefined {
    const bytes = this.#pending;
    const lf = bytes.indexOf(LF, this.#searched);
    // Files with CR alone are rare: looked for only before the LF.
    const limit = lf < 0 ? bytes.length : lf;
    const cr = bytes.subarray(this.#searched, limit).indexOf(CR);
    const at = cr < 0 ? lf : this.#searched + cr;
    if (at < 0) {
      this.#searched = bytes.length;
      return undefined;
    }
    if (bytes[at] === CR && at + 1 === bytes.length) {
      this.#searched = at;
      return undefined;
    }
    const next = bytes[at] === CR && bytes[at + 1] === LF ? at + 2 : at + 1;
    const text = bytes.toString('utf8', 0, at);
    this.#pending = bytes.subarray(next);
    this.#position += next;
    this.#searched = 0;
    return { text, endPosition: this.#position };
  }
}

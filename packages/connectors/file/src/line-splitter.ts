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

/** Memory for so much is kept and used again; what a longer line needed is let go. */
const KEPT_BYTES = 1024 * 1024;

export class LineSplitter {
  /** Holds `#pending` at its beginning. */
  #memory: Buffer = Buffer.alloc(0);
  /** What no line has been made of, from `#start` on. */
  #pending: Buffer = Buffer.alloc(0);
  #start = 0;
  /** Where `#pending` begins in the file. */
  #position: number;
  /** The first CR, and the first LF, that is not before the place last asked for; infinite when there is none. */
  #cr = Number.POSITIVE_INFINITY;
  #lf = Number.POSITIVE_INFINITY;

  /** @param position of the first byte that will be added, in bytes from the start of the file */
  constructor(position: number) {
    this.#position = position;
  }

  /** Where the next byte to be added stands in the file. */
  get readPosition(): number {
    return this.#position + this.#pending.length;
  }

  /** Takes bytes in; they are copied. @throws RangeError when a line is longer than the limit */
  add(bytes: Buffer): void {
    const rest = this.#pending.subarray(this.#start);
    // What was searched in vain is not searched again.
    const searched = Math.min(this.#cr, this.#lf) === Number.POSITIVE_INFINITY ? rest.length : 0;
    this.#pending = this.#joined(rest, bytes);
    this.#position += this.#start;
    this.#start = 0;
    this.#lf = find(this.#pending, LF, searched);
    this.#cr = find(this.#pending, CR, searched);
    if (searched > LINE_BYTES_MAX)
      throw new RangeError(`a line is longer than ${LINE_BYTES_MAX} bytes`);
  }

  /** Text is copied out of the memory as lines are made, so it can be used again. */
  #joined(rest: Buffer, bytes: Buffer): Buffer {
    const length = rest.length + bytes.length;
    const isSpacious = this.#memory.length > KEPT_BYTES && length < KEPT_BYTES / 2;
    const memory =
      length > this.#memory.length || isSpacious ? Buffer.allocUnsafe(length * 2) : this.#memory;
    rest.copy(memory);
    bytes.copy(memory, rest.length);
    this.#memory = memory;
    return memory.subarray(0, length);
  }

  /** The next complete line; undefined when there is none. */
  next(): Line | undefined {
    const bytes = this.#pending;
    const end = Math.min(this.#cr, this.#lf);
    if (end === Number.POSITIVE_INFINITY) return undefined;
    const endsInCr = end === this.#cr;
    if (endsInCr && end + 1 === bytes.length) return undefined;
    const text = bytes.toString('utf8', this.#start, end);
    const next = endsInCr && this.#lf === end + 1 ? end + 2 : end + 1;
    this.#start = next;
    if (this.#cr < next) this.#cr = find(bytes, CR, next);
    if (this.#lf < next) this.#lf = find(bytes, LF, next);
    return { text, endPosition: this.#position + next };
  }
}

function find(bytes: Buffer, byte: number, from: number): number {
  const at = bytes.indexOf(byte, from);
  return at < 0 ? Number.POSITIVE_INFINITY : at;
}

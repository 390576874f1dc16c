// The history of a simulated world as a hash and a short tail. Two runs of one seed must agree on it;
// where they do not, something outside the ports had a say.
const TAIL_LENGTH = 400;
const SAMPLE_COUNT = 64;

interface Line {
  readonly atMs: number;
  readonly who: string;
  readonly what: string;
  readonly value: number;
  readonly subject: string;
}

export class Trace {
  readonly #log: ((line: string) => void) | undefined;
  readonly #wordHashes: Map<string, number> = new Map();
  readonly #tail: Line[] = [];
  #count = 0;
  #low = 0x811c_9dc5;
  #high = 0x9e37_79b9;

  constructor(log: ((line: string) => void) | undefined) {
    this.#log = log;
  }

  /**
   * Something happened: when, to whom, what, and a number that belongs to it.
   *
   * @param subject what it happened with; on its own, because to put words together anew for each event takes long
   */
  note(atMs: number, who: string, what: string, value: number = 0, subject: string = ''): void {
    this.#mix(Math.round(atMs * 1000));
    this.#mix(this.#hashOf(who));
    this.#mix(this.#hashOf(what));
    this.#mix(value);
    if (subject !== '') this.#mix(this.#hashOf(subject));
    const line = { atMs, who, what, value, subject };
    this.#tail[this.#count++ % TAIL_LENGTH] = line;
    this.#log?.(format(line));
  }

  /** Bytes moved: their count and a sample of them. */
  noteBytes(bytes: Uint8Array): void {
    this.#mix(bytes.length);
    const step = Math.max(1, Math.floor(bytes.length / SAMPLE_COUNT));
    for (let position = 0; position < bytes.length; position += step) {
      this.#mix(bytes[position] ?? 0);
    }
  }

  get hash(): string {
    return [this.#high, this.#low]
      .map((half) => (half >>> 0).toString(16).padStart(8, '0'))
      .join('');
  }

  tail(): string[] {
    const first = Math.max(0, this.#count - TAIL_LENGTH);
    const lines: string[] = [];
    for (let index = first; index < this.#count; index++) {
      const line = this.#tail[index % TAIL_LENGTH];
      if (line !== undefined) lines.push(format(line));
    }
    return lines;
  }

  #mix(value: number): void {
    const high = Math.floor(value / 2 ** 32);
    this.#low = Math.imul(this.#low ^ value, 0x0100_0193);
    this.#high = Math.imul(this.#high ^ high ^ (this.#low >>> 15), 0x85eb_ca6b);
  }

  #hashOf(word: string): number {
    let hash = this.#wordHashes.get(word);
    if (hash === undefined) {
      hash = 0x811c_9dc5;
      for (let position = 0; position < word.length; position++) {
        hash = Math.imul(hash ^ word.charCodeAt(position), 0x0100_0193);
      }
      this.#wordHashes.set(word, hash);
    }
    return hash;
  }
}

function format({ atMs, who, what, value, subject }: Line): string {
  const words = subject === '' ? what : `${what} ${subject}`;
  return `${atMs.toFixed(3).padStart(12)} ${who} ${words}${value === 0 ? '' : ` ${value}`}`;
}

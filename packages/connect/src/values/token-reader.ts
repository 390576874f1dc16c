// Cuts a text at unescaped delimiters. Kafka: org.apache.kafka.connect.data.Values.Parser.

const DELIMITERS = ':,{}[]"';

/** Tokens are delimiters, one character each, and what stands between them. */
export class TokenReader {
  readonly original: string;
  #at = 0;
  #next: string | undefined;
  #previous = '';

  constructor(original: string) {
    this.original = original;
  }

  /** The token that `next` returned last. */
  get previous(): string {
    return this.#previous;
  }

  hasNext(): boolean {
    return this.#next !== undefined || this.#at < this.original.length;
  }

  /** A place to come back to: the start of the next token. */
  mark(): number {
    return this.#at - (this.#next?.length ?? 0);
  }

  rewindTo(mark: number): void {
    this.#at = mark;
    this.#next = undefined;
    this.#previous = '';
  }

  /** The next token; empty at the end. */
  next(): string {
    this.#previous = this.#next ?? this.#read();
    this.#next = undefined;
    return this.#previous;
  }

  /** The text of the next `count` tokens; undefined, and nothing is consumed, when there are not so many. */
  nextTokens(count: number): string | undefined {
    const start = this.mark();
    for (let taken = 0; taken < count; taken++) {
      if (!this.hasNext()) {
        this.rewindTo(start);
        return undefined;
      }
      this.next();
    }
    return this.original.slice(start, this.#at);
  }

  /** Consumes the next token when it is `expected`, white space around it ignored. */
  consume(expected: string): boolean {
    if (this.#next === undefined) {
      if (!this.hasNext()) return false;
      this.#next = this.#read();
    }
    while (this.#next.trim() === '' && this.#at < this.original.length) this.#next = this.#read();
    if (this.#next.trim() !== expected) return false;
    this.#next = undefined;
    return true;
  }

  #read(): string {
    const start = this.#at;
    let isEscaped = false;
    for (; this.#at < this.original.length; this.#at++) {
      const character = this.original[this.#at] ?? '';
      if (!isEscaped && DELIMITERS.includes(character)) {
        if (start === this.#at) this.#at++;
        return this.original.slice(start, this.#at);
      }
      isEscaped = character === '\\' && !isEscaped;
    }
    return this.original.slice(start);
  }
}

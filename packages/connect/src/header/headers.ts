// A record's headers: an ordered list in which a key may occur again. Kafka: org.apache.kafka.connect.header.ConnectHeaders.
import type { Schema } from '../data/schema.ts';

/** One header. Immutable; `schema` is null for schemaless values. */
export interface Header {
  readonly key: string;
  readonly schema: Schema | null;
  readonly value: unknown;
}

/** The headers of one record. Mutable, iterated in order. */
export class ConnectHeaders implements Iterable<Header> {
  #headers: Header[];

  constructor(headers?: Iterable<Header>) {
    this.#headers = headers === undefined ? [] : [...headers];
  }

  get size(): number {
    return this.#headers.length;
  }

  [Symbol.iterator](): Iterator<Header> {
    return this.#headers[Symbol.iterator]();
  }

  /** Appends a header. */
  add(key: string, value: unknown, schema: Schema | null = null): this {
    this.#headers.push({ key, schema, value });
    return this;
  }

  /** The newest header of that key; undefined when there is none. */
  lastWithName(key: string): Header | undefined {
    return this.#headers.findLast((header) => header.key === key);
  }

  /** Every header of that key, in order. */
  allWithName(key: string): Header[] {
    return this.#headers.filter((header) => header.key === key);
  }

  /** Removes every header of that key. */
  remove(key: string): this {
    this.#headers = this.#headers.filter((header) => header.key !== key);
    return this;
  }

  /** Keeps only the newest header of that key, or of every key. */
  retainLatest(key?: string): this {
    const latest = new Map(this.#headers.map((header) => [header.key, header]));
    this.#headers = this.#headers.filter(
      (header) => (key !== undefined && header.key !== key) || latest.get(header.key) === header,
    );
    return this;
  }

  clear(): this {
    this.#headers = [];
    return this;
  }

  /** A copy that changes on its own. */
  duplicate(): ConnectHeaders {
    return new ConnectHeaders(this.#headers);
  }
}

// What travels from node to node. Immutable: whoever changes something makes a copy, so one record may be forwarded to
// several children. Kafka: org.apache.kafka.streams.processor.api.Record (KIP-478), FixedKeyRecord (KIP-820).

/** A name and bytes beside a record; a name may come twice. */
export interface Header {
  readonly key: string;
  readonly value: Buffer | null;
}

/** In order. */
export type Headers = readonly Header[];

/** The one empty list of headers, so that records without any share it. */
export const NO_HEADERS: Headers = Object.freeze([]);

/** A record inside a topology. */
export class Record<K, V> implements FixedKeyRecord<K, V> {
  readonly key: K;
  readonly value: V;
  /** Milliseconds since 1970, never negative. */
  readonly timestamp: number;
  readonly headers: Headers;

  /** @throws RangeError for a negative timestamp */
  constructor(key: K, value: V, timestamp: number, headers: Headers = NO_HEADERS) {
    if (!(timestamp >= 0))
      throw new RangeError(`a record's timestamp must not be negative: ${timestamp}`);
    this.key = key;
    this.value = value;
    this.timestamp = timestamp;
    this.headers = headers;
  }

  /** A copy with another key. */
  withKey<K2>(key: K2): Record<K2, V> {
    return new Record(key, this.value, this.timestamp, this.headers);
  }

  /** A copy with another value. */
  withValue<V2>(value: V2): Record<K, V2> {
    return new Record(this.key, value, this.timestamp, this.headers);
  }

  /** A copy with another key and value. */
  withKeyValue<K2, V2>(key: K2, value: V2): Record<K2, V2> {
    return new Record(key, value, this.timestamp, this.headers);
  }

  /** A copy at another time. @throws RangeError for a negative one */
  withTimestamp(timestamp: number): Record<K, V> {
    return new Record(this.key, this.value, timestamp, this.headers);
  }

  /** A copy with other headers. */
  withHeaders(headers: Headers): Record<K, V> {
    return new Record(this.key, this.value, this.timestamp, headers);
  }

  /** A copy with one header more. */
  withHeader(key: string, value: Buffer | null): Record<K, V> {
    return this.withHeaders([...this.headers, { key, value }]);
  }
}

/** A record whose key cannot be changed: what a `FixedKeyProcessor` gets and forwards. */
export interface FixedKeyRecord<K, V> {
  readonly key: K;
  readonly value: V;
  /** Milliseconds since 1970. */
  readonly timestamp: number;
  readonly headers: Headers;
  withValue<V2>(value: V2): FixedKeyRecord<K, V2>;
  /** @throws RangeError for a negative one */
  withTimestamp(timestamp: number): FixedKeyRecord<K, V>;
  withHeaders(headers: Headers): FixedKeyRecord<K, V>;
  withHeader(key: string, value: Buffer | null): FixedKeyRecord<K, V>;
}

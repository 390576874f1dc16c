// What every serialiser of the family looks like: a pure pair of functions between a value and its bytes. `null` never
// reaches them: it is Kafka's "no value", and whoever calls passes it through. Kafka: org.apache.kafka.common.serialization.

/** Where the bytes belong, for serdes whose format depends on it. */
export interface SerdeContext {
  readonly topic: string;
  readonly side: 'key' | 'value';
}

/** A format. Stateless and synchronous; one instance may serve many topics. */
export interface Serde<T> {
  /** For error messages, such as `json`. */
  readonly name: string;
  /** @throws SerializationError when the value does not fit the format */
  serialize(value: T, context: SerdeContext): Uint8Array;
  /** @throws DeserializationError when the bytes are not of the format */
  deserialize(bytes: Buffer, context: SerdeContext): T;
}

/** The type that a serde reads and writes. */
export type ValueOf<S> = S extends Serde<infer T> ? T : never;

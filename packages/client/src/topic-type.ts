// A topic with the types of its keys and values. The client knows only this shape; `topic()` of @ottla/serdes makes such
// objects, and any pair of functions will do.

/** Where bytes belong. */
export interface SerdeLikeContext {
  readonly topic: string;
  readonly side: 'key' | 'value';
}

/** Turns values into bytes and back. `null` never reaches it: it is Kafka's "no value". */
export interface SerdeLike<T> {
  readonly name: string;
  serialize(value: T, context: SerdeLikeContext): Uint8Array;
  deserialize(bytes: Buffer, context: SerdeLikeContext): T;
}

/** A topic's name and formats. */
export interface TopicType<K, V> {
  readonly name: string;
  readonly key: SerdeLike<K>;
  readonly value: SerdeLike<V>;
}

// A topic with the formats of its keys and values: what clients, Streams and Connect take where types are wanted.
import type { Serde } from './serde.ts';

/** A topic whose records are a `K` and a `V`. */
export interface TypedTopic<K, V> {
  readonly name: string;
  readonly key: Serde<K>;
  readonly value: Serde<V>;
}

/**
 * Names a topic and its formats once.
 *
 * @example
 * const orders = topic('orders', { key: string(), value: json<Order>() });
 */
export function topic<K, V>(
  name: string,
  formats: { readonly key: Serde<K>; readonly value: Serde<V> },
): TypedTopic<K, V> {
  return { name, key: formats.key, value: formats.value };
}

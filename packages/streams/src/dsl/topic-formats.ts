// A topic by its name with formats beside it, or a typed topic that has them; and how either is read.
import type { TypedTopic } from '@ottla/serdes';
import type { Consumed, Produced } from './options.ts';

/** Whether it is a typed topic of `@ottla/serdes`. */
export function isTypedTopic<K, V>(topic: unknown): topic is TypedTopic<K, V> {
  return typeof topic === 'object' && topic !== null && 'key' in topic && 'value' in topic;
}

/** Name and formats of a topic that is read; what `options` says goes first. */
export function consumed<K, V>(
  topic: string | TypedTopic<K, V>,
  options: Consumed<K, V>,
): { readonly topic: string; readonly options: Consumed<K, V> } {
  if (!isTypedTopic<K, V>(topic)) return { topic, options };
  return { topic: topic.name, options: { ...formatsOf(topic), ...options } };
}

/** As `consumed`, for a topic that is written. */
export function produced<K, V>(
  topic: string | TypedTopic<K, V>,
  options: Produced<K, V>,
): { readonly topic: string; readonly options: Produced<K, V> } {
  if (!isTypedTopic<K, V>(topic)) return { topic, options };
  return { topic: topic.name, options: { ...formatsOf(topic), ...options } };
}

function formatsOf<K, V>(topic: TypedTopic<K, V>): Pick<Consumed<K, V>, 'key' | 'value'> {
  return { key: topic.key, value: topic.value };
}

// What every stream and table of the DSL knows of itself: its builder, its node, its formats and the sources it comes from.
// Kafka: AbstractStream.
import type { Serde } from '@ottla/serdes';
import type { GraphBuilder } from './graph-builder.ts';

export interface StreamNode<K, V> {
  readonly builder: GraphBuilder;
  /** Of the node that forwards its records. */
  readonly node: string;
  /** Undefined: not known, because a function made the keys or values. */
  readonly keySerde: Serde<K> | undefined;
  readonly valueSerde: Serde<V> | undefined;
  /** Names of the sources that feed it, for co-partitioning. */
  readonly sources: ReadonlySet<string>;
}

/** Demands that the topics of both have as many partitions as each other. @returns the sources of both */
export function copartition(
  one: Pick<StreamNode<unknown, unknown>, 'builder' | 'sources'>,
  other: Pick<StreamNode<unknown, unknown>, 'sources'>,
): ReadonlySet<string> {
  const sources = new Set([...one.sources, ...other.sources]);
  one.builder.copartition(sources);
  return sources;
}

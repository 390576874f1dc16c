// What operators can be told besides their functions, as plain objects. Each stands for the class of the same name in Kafka's DSL.
import type { Serde } from '@ottla/serdes';
import type { StreamPartitioner } from '../processor/sink-routing.ts';
import type { TimestampExtractor } from '../processor/timestamp-extractor.ts';
import type { OffsetReset } from '../topology/node-definition.ts';

/** A name for the node, in place of a generated one that changes with the topology. Kafka: Named. */
export interface Named {
  readonly name?: string | undefined;
}

/** How a topic is read. Kafka: Consumed. */
export interface Consumed<K, V> extends Named {
  readonly key?: Serde<K> | undefined;
  readonly value?: Serde<V> | undefined;
  readonly timestampExtractor?: TimestampExtractor<K, V> | undefined;
  readonly offsetReset?: OffsetReset | undefined;
}

/** How a topic is written. Kafka: Produced. */
export interface Produced<K, V> extends Named {
  readonly key?: Serde<K> | undefined;
  readonly value?: Serde<V> | undefined;
  readonly partitioner?: StreamPartitioner<K, V> | undefined;
}

/** The format of a grouping; its name becomes that of the repartition topic. Kafka: Grouped. */
export interface Grouped<K, V> extends Named {
  readonly key?: Serde<K> | undefined;
  readonly value?: Serde<V> | undefined;
}

/** A topic of the application's own in between. Kafka: Repartitioned. */
export interface Repartitioned<K, V> extends Grouped<K, V> {
  /** Default: as many as the topics before it have. */
  readonly partitions?: number | undefined;
  readonly partitioner?: StreamPartitioner<K, V> | undefined;
}

/** Names and formats of a join with a table; the name becomes that of the repartition topic too. Kafka: Joined. */
export interface Joined<K, V> extends Named {
  readonly key?: Serde<K> | undefined;
  readonly value?: Serde<V> | undefined;
}

/** The store behind a table. Kafka: Materialized. */
export interface Materialized<K, V> extends Named {
  /** Name of the store: only then it can be queried, and its changelog keeps its name when the topology changes. */
  readonly store?: string | undefined;
  readonly key?: Serde<K> | undefined;
  readonly value?: Serde<V> | undefined;
  /** `persistent` (LevelDB) or `memory`. Default: the builder's. */
  readonly type?: 'persistent' | 'memory' | undefined;
  /** Whether there is a changelog topic. Default true. */
  readonly logging?: boolean | undefined;
  /** Settings of the changelog topic. */
  readonly logConfig?: Readonly<{ readonly [key: string]: string }> | undefined;
  /** Whether only the last change of a key between two commits goes on. Default true. */
  readonly caching?: boolean | undefined;
}

/** The store behind a windowed table. */
export interface MaterializedWindows<K, V> extends Materialized<K, V> {
  /** How long after its start a window is kept, milliseconds. Default: size and grace together. */
  readonly retentionMs?: number | undefined;
}

/** One branch of a split. Kafka: Branched. */
export interface Branched<K, V, S> extends Named {
  readonly predicate: (key: K, value: V) => boolean;
  /** What becomes of the branch; without it the branch is in the result under its name. */
  readonly with?: ((stream: S) => S | void) | undefined;
}

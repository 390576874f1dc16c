// A topic of the application's own between two parts of a topology, so that records with the same key meet in one task. Records
// without a key are left out before it. Kafka: KStreamImpl.createRepartitionedSource, OptimizableRepartitionNode.
import type { Serde } from '@ottla/serdes';
import type { StreamPartitioner } from '../processor/sink-routing.ts';
import type { GraphBuilder } from './graph-builder.ts';
import { filterNode } from './stream-processors.ts';

const SUFFIX = '-repartition';
const GENERATED = /^KSTREAM.*-\d{10}$/;

export interface RepartitionOptions<K, V> {
  readonly builder: GraphBuilder;
  readonly parent: string;
  /** The topic's name without prefix and suffix. */
  readonly name: string;
  readonly keySerde: Serde<K> | undefined;
  readonly valueSerde: Serde<V> | undefined;
  readonly partitions?: number | undefined;
  readonly partitioner?: StreamPartitioner<K, V> | undefined;
  /** Whether records without a key pass: for a left join, which can say something of them. Default false. */
  readonly keepsNullKeys?: boolean;
}

/** @returns the name of the source that reads the topic */
export function addRepartition<K, V>(options: RepartitionOptions<K, V>): string {
  const { builder, parent, name, partitions, partitioner } = options;
  const topic = name.endsWith(SUFFIX) ? name : name + SUFFIX;
  // The numbers are used up whether or not the names are: names after these must be Kafka's.
  const generated = [
    builder.newName('KSTREAM-SINK-'),
    builder.newName('KSTREAM-FILTER-'),
    builder.newName('KSTREAM-SOURCE-'),
  ] as const;
  const [sink, filter, source] = GENERATED.test(name)
    ? generated
    : [`${topic}-sink`, `${topic}-filter`, `${topic}-source`];
  const serdes = { key: options.keySerde, value: options.valueSerde };
  builder.addInternalTopic(topic, { partitions, enforcePartitions: partitions !== undefined });
  const keepsNullKeys = options.keepsNullKeys ?? false;
  builder.addProcessor(
    filter,
    filterNode((key) => keepsNullKeys || key !== null),
    [parent],
  );
  builder.addSink(sink, { topic, ...serdes, partitioner }, [filter]);
  builder.addSource(source, { topics: topic, ...serdes });
  return source;
}

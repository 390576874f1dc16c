// A topic of the application's own between two parts of a topology, so that records with the same key meet in one task. Records
// without a key are left out before it, unless a left join somewhere behind it makes something of them (KIP-962).
// Kafka: KStreamImpl.createRepartitionedSource, OptimizableRepartitionNode, NodesWithRelaxedNullKeyJoinDownstream.
import type { Serde } from '@ottla/serdes';
import type { ProcessorSupplier } from '../processor/processor.ts';
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
}

/** @returns the name of the source that reads the topic */
export function addRepartition<K, V>(options: RepartitionOptions<K, V>): string {
  const { builder, parent, name, partitions, partitioner } = options;
  const topic = name.endsWith(SUFFIX) ? name : name + SUFFIX;
  const generated = newRepartitionNames(builder);
  const [sink, filter, source] = GENERATED.test(name)
    ? generated
    : [`${topic}-sink`, `${topic}-filter`, `${topic}-source`];
  const serdes = { key: options.keySerde, value: options.valueSerde };
  builder.addInternalTopic(topic, { partitions, enforcePartitions: partitions !== undefined });
  const supplier = (): ProcessorSupplier => {
    const keepsNullKeys = builder.wantsNullKeysBehind(filter);
    return filterNode((key) => keepsNullKeys || key !== null);
  };
  builder.addLazyProcessor(filter, supplier, [parent]);
  builder.addSink(sink, { topic, ...serdes, partitioner }, [filter]);
  builder.addSource(source, { topics: topic, ...serdes });
  builder.connect(filter, source);
  return source;
}

/** Names of sink, filter and source. The numbers are used up whether or not the names are: names after these must be Kafka's. */
export function newRepartitionNames(
  builder: GraphBuilder,
): readonly [sink: string, filter: string, source: string] {
  return [
    builder.newName('KSTREAM-SINK-'),
    builder.newName('KSTREAM-FILTER-'),
    builder.newName('KSTREAM-SOURCE-'),
  ];
}

// Where an application's topology begins: streams and tables from topics, and in the end the topology. Kafka: StreamsBuilder.
import type { Serde, TypedTopic } from '@ottla/serdes';
import type { Processor, ProcessorSupplier } from '../processor/processor.ts';
import type { StoreBuilder } from '../store/store-builder.ts';
import type { Topology } from '../topology/topology.ts';
import type { GlobalStoreOptions } from '../topology/topology-graph.ts';
import type { Family } from './family.ts';
import { GlobalKTable } from './global-ktable.ts';
import { GraphBuilder } from './graph-builder.ts';
import { KGroupedStream } from './kgrouped-stream.ts';
import { KGroupedTable } from './kgrouped-table.ts';
import { KStream } from './kstream.ts';
import { KTable } from './ktable.ts';
import { rowStoreBuilder } from './materialized-store.ts';
import type { Consumed, Materialized } from './options.ts';
import { TableSource, TableSourceProcessor } from './table-source.ts';
import { storeGetter } from './table-supplier.ts';
import { consumed, isTypedTopic } from './topic-formats.ts';

export interface StreamsBuilderOptions {
  /** For topics and stores that are given none. */
  readonly defaultKeySerde?: Serde<never> | undefined;
  readonly defaultValueSerde?: Serde<never> | undefined;
}

const FAMILY: Family = {
  stream: (node, needsRepartition) => new KStream(node, needsRepartition),
  table: (node, supplier, queryableStoreName) => new KTable(node, supplier, queryableStoreName),
  groupedStream: (grouping) => new KGroupedStream(grouping),
  groupedTable: (node, grouped) => new KGroupedTable(node, grouped),
};

export class StreamsBuilder {
  readonly #builder: GraphBuilder;

  constructor(options: StreamsBuilderOptions = {}) {
    this.#builder = new GraphBuilder(
      {
        key: options.defaultKeySerde as Serde<unknown> | undefined,
        value: options.defaultValueSerde as Serde<unknown> | undefined,
      },
      FAMILY,
    );
  }

  /** The records of a topic, of several, or of all whose whole name matches. */
  stream<K, V>(
    topics: string | TypedTopic<K, V> | readonly string[] | RegExp,
    given: Consumed<K, V> = {},
  ): KStream<K, V> {
    const builder = this.#builder;
    const { topics: names, options } = isTypedTopic<K, V>(topics)
      ? { topics: topics.name, options: consumed(topics, given).options }
      : { topics, options: given };
    const name = builder.nameOr(options.name, 'KSTREAM-SOURCE-');
    builder.addSource(name, { topics: names, ...sourceOptions(options) });
    return new KStream(
      {
        builder,
        node: name,
        keySerde: options.key,
        valueSerde: options.value,
        sources: new Set([name]),
      },
      false,
    );
  }

  /** The newest value of each key of a topic; null deletes. A store is kept where one is named, or needed. */
  table<K, V>(
    from: string | TypedTopic<K, V>,
    given: Consumed<K, V> & { readonly materialized?: Materialized<K, V> | undefined } = {},
  ): KTable<K, V> {
    const builder = this.#builder;
    const { materialized = {}, ...consumedOptions } = given;
    const { topic, options } = consumed(from, consumedOptions);
    const storeName = materialized.store ?? builder.newStoreName(`${topic}-`);
    const source = builder.suffixedNameOr(options.name, '-source', 'KSTREAM-SOURCE-');
    const name = builder.nameOr(options.name, 'KTABLE-SOURCE-');
    const key = options.key ?? materialized.key;
    const value = options.value ?? materialized.value;
    const identity = { operator: 'table', storeName, key, value, materialized };
    const table = new TableSource<K, V>(storeName, materialized.store !== undefined, () =>
      rowStoreBuilder(builder, identity),
    );
    builder.addSource(source, { topics: topic, ...sourceOptions({ ...options, key, value }) });
    builder.addLazyProcessor(name, () => table.supplier(), [source]);
    const node = { builder, node: name, keySerde: key, valueSerde: value };
    return new KTable({ ...node, sources: new Set([source]) }, table, materialized.store);
  }

  /** The newest value of each key of a topic, whole on every instance, restored before anything starts. */
  globalTable<K, V>(
    from: string | TypedTopic<K, V>,
    given: Consumed<K, V> & { readonly materialized?: Materialized<K, V> | undefined } = {},
  ): GlobalKTable<K, V> {
    const builder = this.#builder;
    const { materialized = {}, ...consumedOptions } = given;
    const { topic, options } = consumed(from, consumedOptions);
    const storeName = materialized.store ?? builder.newStoreName(`${topic}-`);
    const sourceName = builder.suffixedNameOr(options.name, '-source', 'KSTREAM-SOURCE-');
    const processorName = builder.nameOr(options.name, 'KTABLE-SOURCE-');
    const key = options.key ?? materialized.key;
    const value = options.value ?? materialized.value;
    const store = rowStoreBuilder(builder, {
      operator: 'globalTable',
      storeName,
      key,
      value,
      // Its topic is its changelog; what it knows must be seen at once.
      materialized: { ...materialized, logging: false, caching: false },
    });
    const processor: ProcessorSupplier = () =>
      new TableSourceProcessor<K, V>(storeName, false) as Processor;
    builder.addGlobalStore(store, {
      topic,
      sourceName,
      processorName,
      processor,
      key: key ?? builder.defaults.key,
      value: value ?? builder.defaults.value,
      timestampExtractor: options.timestampExtractor,
      reprocessOnRestore: false,
    });
    return new GlobalKTable(storeGetter(storeName), materialized.store);
  }

  /** A store for `process` and `processValues`. */
  addStateStore(store: StoreBuilder): this {
    this.#builder.addStateStore(store);
    return this;
  }

  /** A store that every instance holds whole, filled by a processor of yours. */
  addGlobalStore(store: StoreBuilder, options: GlobalStoreOptions): this {
    this.#builder.addGlobalStore(store, options);
    return this;
  }

  /** The topology. @throws StreamsError, TopologyError when it cannot be, such as for a missing serde */
  build(): Topology {
    return this.#builder.build();
  }
}

function sourceOptions<K, V>(options: Consumed<K, V>): Omit<Consumed<K, V>, 'name'> {
  const { key, value, timestampExtractor, offsetReset } = options;
  return { key, value, timestampExtractor, offsetReset };
}

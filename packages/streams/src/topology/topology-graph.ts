// The graph behind a `Topology`: nodes in the order they were added (parents always first), stores and who uses them,
// internal topics, and which topics must have as many partitions as each other. Only checks and remembers; `subtopologies`
// and `describe` read it. Kafka: InternalTopologyBuilder.
import { TopologyError } from '../errors.ts';
import type { StoreBuilder } from '../store/store-builder.ts';
import type {
  AnySupplier,
  NodeDefinition,
  OffsetReset,
  SinkOptions,
  SourceOptions,
} from './node-definition.ts';
import { UnionFind } from './union-find.ts';

/** A repartition topic, as far as its maker decided. */
export interface InternalTopicOptions {
  /** Default: as many as the sources before it have. */
  readonly partitions?: number | undefined;
  /** Whether `partitions` was asked for by the user and so must not be changed. Default false. */
  readonly enforcePartitions?: boolean;
}

/** A store and who may use it. */
export interface StoreDefinition {
  readonly builder: StoreBuilder;
  readonly processors: Set<string>;
}

/** A store that every instance holds whole, filled from one topic. */
export interface GlobalStoreDefinition {
  readonly builder: StoreBuilder;
  readonly topic: string;
  readonly sourceName: string;
  readonly processorName: string;
  /** Whether the processor sees the records of a restore too, or they go straight into the store. */
  readonly reprocessOnRestore: boolean;
}

/** Everything that `Topology` can say of a global store. */
export interface GlobalStoreOptions extends Omit<SourceOptions, 'topics' | 'offsetReset'> {
  readonly topic: string;
  readonly sourceName: string;
  readonly processorName: string;
  /** Writes what it reads into the store. */
  readonly processor: AnySupplier;
  /** Default true. */
  readonly reprocessOnRestore?: boolean;
}

export class TopologyGraph {
  /** In the order added: parents before children. */
  readonly nodes: Map<string, NodeDefinition> = new Map();
  readonly stores: Map<string, StoreDefinition> = new Map();
  readonly globalStores: Map<string, GlobalStoreDefinition> = new Map();
  /** Without the application's prefix. */
  readonly internalTopics: Map<string, InternalTopicOptions> = new Map();
  /** Names of sources whose topics must be co-partitioned. */
  readonly copartitionGroups: Set<string>[] = [];
  /** Stores whose source topic serves as changelog. */
  readonly sourceTopicOfStore: Map<string, string> = new Map();
  readonly #groups = new UnionFind();
  readonly #sourceTopics = new Set<string>();
  readonly #globalTopics = new Set<string>();

  addSource(name: string, options: SourceOptions): void {
    this.#checkNewName(name);
    const { topics } = options;
    if (topics instanceof RegExp) {
      for (const topic of this.#sourceTopics) {
        if (matchesWhole(topics, topic)) {
          throw new TopologyError(
            `Pattern ${topics.source} will match a topic that has already been registered by another source.`,
          );
        }
      }
      this.nodes.set(name, {
        kind: 'source',
        name,
        parents: [],
        topics: [],
        pattern: topics,
        options,
      });
    } else {
      const list = typeof topics === 'string' ? [topics] : [...topics];
      if (list.length === 0) throw new TopologyError('topics cannot be empty');
      for (const topic of list) {
        this.#checkNewTopic(topic);
        this.#sourceTopics.add(topic);
      }
      this.nodes.set(name, {
        kind: 'source',
        name,
        parents: [],
        topics: list,
        pattern: undefined,
        options,
      });
    }
    this.#groups.add(name);
  }

  addProcessor(name: string, supplier: AnySupplier, parents: readonly string[]): void {
    this.#checkNewName(name);
    this.#checkParents(name, parents);
    checkSupplier(supplier);
    this.nodes.set(name, {
      kind: 'processor',
      name,
      parents: [...parents],
      supplier,
      stores: new Set(),
    });
    this.#join(name, parents);
    if (typeof supplier === 'object' && supplier.stores !== undefined) {
      for (const builder of supplier.stores()) this.addStateStore(builder, [name]);
    }
  }

  addSink(name: string, options: SinkOptions, parents: readonly string[]): void {
    this.#checkNewName(name);
    this.#checkParents(name, parents);
    this.nodes.set(name, { kind: 'sink', name, parents: [...parents], options });
    this.#join(name, parents);
  }

  addStateStore(builder: StoreBuilder, processors: readonly string[], allowOverride = false): void {
    const known = this.stores.get(builder.name);
    if (known !== undefined && known.builder !== builder && !allowOverride) {
      throw new TopologyError(
        `A different StateStore has already been added with the name ${builder.name}`,
      );
    }
    this.#checkNoGlobalStore(builder.name);
    this.stores.set(builder.name, { builder, processors: known?.processors ?? new Set() });
    for (const processor of processors) this.#connect(processor, builder.name);
  }

  addGlobalStore(builder: StoreBuilder, options: GlobalStoreOptions): void {
    const { topic, sourceName, processorName } = options;
    this.#checkNewName(sourceName);
    this.#checkNewTopic(topic);
    this.#checkNewName(processorName);
    if (sourceName === processorName)
      throw new TopologyError('sourceName and processorName must be different.');
    checkSupplier(options.processor);
    if (this.stores.has(builder.name))
      throw new TopologyError(
        `A different StateStore has already been added with the name ${builder.name}`,
      );
    this.#checkNoGlobalStore(builder.name);
    this.#globalTopics.add(topic);
    this.nodes.set(sourceName, {
      kind: 'source',
      name: sourceName,
      parents: [],
      topics: [topic],
      pattern: undefined,
      options: { ...options, topics: topic },
    });
    this.#groups.add(sourceName);
    this.nodes.set(processorName, {
      kind: 'processor',
      name: processorName,
      parents: [sourceName],
      supplier: options.processor,
      stores: new Set([builder.name]),
    });
    this.#join(processorName, [sourceName]);
    const reprocessOnRestore = options.reprocessOnRestore ?? true;
    this.globalStores.set(builder.name, {
      builder,
      topic,
      sourceName,
      processorName,
      reprocessOnRestore,
    });
    this.connectSourceStoreAndTopic(builder.name, topic);
  }

  connectProcessorAndStateStores(processor: string, stores: readonly string[]): void {
    if (stores.length === 0) throw new TopologyError('stateStoreNames cannot be empty');
    for (const store of stores) this.#connect(processor, store);
  }

  /** Lets the source topic of a store serve as its changelog. */
  connectSourceStoreAndTopic(store: string, topic: string): void {
    if (this.sourceTopicOfStore.has(store))
      throw new TopologyError(`Source store ${store} is already added.`);
    this.sourceTopicOfStore.set(store, topic);
  }

  /** Names a topic that the application makes for itself; sources and sinks then read and write it with its prefix. */
  addInternalTopic(topic: string, options: InternalTopicOptions = {}): void {
    this.internalTopics.set(topic, options);
  }

  /** Demands that the topics of these sources have the same number of partitions. */
  copartitionSources(sources: Iterable<string>): void {
    this.copartitionGroups.push(new Set(sources));
  }

  /** Puts one source in the place of another, where an optimisation merged two. */
  replaceCopartitionedSource(replaced: string, by: string): void {
    for (const group of this.copartitionGroups) if (group.delete(replaced)) group.add(by);
  }

  /** Whether the node reads a global store's topic. */
  isGlobalSource(node: string): boolean {
    const definition = this.nodes.get(node);
    return (
      definition?.kind === 'source' &&
      definition.topics.length === 1 &&
      this.#globalTopics.has(definition.topics[0]!)
    );
  }

  /** The nodes of each sub-topology, global ones included; the index is the sub-topology's number. */
  nodeGroups(): readonly (readonly string[])[] {
    const groups = new Map<string, string[]>();
    for (const name of this.nodes.keys()) {
      const root = this.#groups.root(name);
      const group = groups.get(root);
      if (group === undefined) groups.set(root, [name]);
      else group.push(name);
    }
    return [...groups.values()];
  }

  /** What the source of `topic` (with a prefix if it is internal) asked for; undefined: the consumer's setting. */
  offsetResetOf(topic: string): OffsetReset | undefined {
    for (const node of this.nodes.values()) {
      if (node.kind !== 'source') continue;
      const reads =
        node.pattern === undefined
          ? node.topics.includes(topic)
          : matchesWhole(node.pattern, topic);
      if (reads) return node.options.offsetReset;
    }
    return undefined;
  }

  #join(name: string, parents: readonly string[]): void {
    this.#groups.add(name);
    for (const parent of parents) this.#groups.unite(name, parent);
  }

  #connect(processor: string, storeName: string): void {
    if (this.globalStores.has(storeName)) {
      throw new TopologyError(
        `Global StateStore ${storeName} can be used by a Processor without being specified; it should not be explicitly passed.`,
      );
    }
    const store = this.stores.get(storeName);
    if (store === undefined) throw new TopologyError(`StateStore ${storeName} is not added yet.`);
    const node = this.nodes.get(processor);
    if (node === undefined) throw new TopologyError(`Processor ${processor} is not added yet.`);
    if (node.kind !== 'processor')
      throw new TopologyError('State stores cannot be connect to sources or sinks.');
    const [user] = store.processors;
    if (user !== undefined) this.#groups.unite(user, processor);
    store.processors.add(processor);
    node.stores.add(storeName);
  }

  #checkNewName(name: string): void {
    if (this.nodes.has(name)) throw new TopologyError(`Processor ${name} is already added.`);
  }

  #checkNoGlobalStore(name: string): void {
    if (this.globalStores.has(name)) {
      throw new TopologyError(
        `A different GlobalStateStore has already been added with the name ${name}`,
      );
    }
  }

  #checkNewTopic(topic: string): void {
    if (this.#sourceTopics.has(topic) || this.#globalTopics.has(topic))
      throw new TopologyError(`Topic ${topic} has already been registered by another source.`);
    for (const node of this.nodes.values()) {
      if (
        node.kind === 'source' &&
        node.pattern !== undefined &&
        matchesWhole(node.pattern, topic)
      ) {
        throw new TopologyError(
          `Topic ${topic} matches a Pattern already registered by another source.`,
        );
      }
    }
  }

  #checkParents(name: string, parents: readonly string[]): void {
    if (parents.length === 0) throw new TopologyError('predecessorNames cannot be empty');
    for (const parent of parents) {
      const node = this.nodes.get(parent);
      if (node === undefined) {
        const self = parent === name ? ' (self-reference)' : '';
        throw new TopologyError(`Parent node ${parent} is unknown${self}.`);
      }
      if (node.kind === 'sink') throw new TopologyError(`Sink ${parent} cannot be used a parent.`);
    }
  }
}

/** Whether the whole of `topic` matches, as Java's `matches` means it. */
export function matchesWhole(pattern: RegExp, topic: string): boolean {
  return new RegExp(`^(?:${pattern.source})$`, pattern.flags.replace(/[gy]/g, '')).test(topic);
}

/** @throws TopologyError when the supplier hands out the same processor twice */
function checkSupplier(supplier: AnySupplier): void {
  const get = typeof supplier === 'function' ? supplier : () => supplier.get();
  if (get() === get()) {
    throw new TopologyError(
      'a processor supplier must return a new processor each time: one instance serves one task',
    );
  }
}

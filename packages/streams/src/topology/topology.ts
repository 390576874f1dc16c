// A topology as its author builds it with the Processor API; the DSL builds the same thing.
// Kafka: org.apache.kafka.streams.Topology.
import type { StoreBuilder } from '../store/store-builder.ts';
import { describeGraph, type TopologyDescription } from './describe.ts';
import type { AnySupplier, SinkOptions, SourceOptions } from './node-definition.ts';
import { type GlobalStoreOptions, TopologyGraph } from './topology-graph.ts';

/**
 * Sources, processors and sinks by name, with the stores they use. Parents are added before their children.
 *
 * Every method throws a `TopologyError` when what it is told cannot be, and answers the topology for the next call.
 */
export class Topology {
  readonly #graph: TopologyGraph;

  constructor(graph: TopologyGraph = new TopologyGraph()) {
    this.#graph = graph;
  }

  /** Reads topics. A topic is read by one source only. */
  addSource(name: string, options: SourceOptions): this {
    this.#graph.addSource(name, options);
    return this;
  }

  /** A node with code of yours, fed by its parents; the supplier's own stores are added and connected. */
  addProcessor(name: string, supplier: AnySupplier, ...parents: readonly string[]): this {
    this.#graph.addProcessor(name, supplier, parents);
    return this;
  }

  /** Writes what its parents forward to a topic, which must exist. */
  addSink(name: string, options: SinkOptions, ...parents: readonly string[]): this {
    this.#graph.addSink(name, options, parents);
    return this;
  }

  /** A store, connected to the processors named. */
  addStateStore(builder: StoreBuilder, ...processors: readonly string[]): this {
    this.#graph.addStateStore(builder, processors);
    return this;
  }

  /** A store that reads `topic` and needs no changelog besides; the processor fills it. Others may only read it. */
  addReadOnlyStateStore(builder: StoreBuilder, options: GlobalStoreOptions): this {
    const { topic, sourceName, processorName } = options;
    this.#graph.addSource(sourceName, { ...options, topics: topic, offsetReset: 'earliest' });
    this.#graph.addProcessor(processorName, options.processor, [sourceName]);
    this.#graph.addStateStore(builder, [processorName]);
    this.#graph.connectSourceStoreAndTopic(builder.name, topic);
    return this;
  }

  /** A store that every instance holds whole; every processor may read it. */
  addGlobalStore(builder: StoreBuilder, options: GlobalStoreOptions): this {
    this.#graph.addGlobalStore(builder, options);
    return this;
  }

  /** Lets a processor use stores that were added before; processors with a store in common are in one sub-topology. */
  connectProcessorAndStateStores(processor: string, ...stores: readonly string[]): this {
    this.#graph.connectProcessorAndStateStores(processor, stores);
    return this;
  }

  /** What the topology looks like; `toString()` gives Kafka's text. */
  describe(): TopologyDescription {
    return describeGraph(this.#graph);
  }

  /** The graph behind it, for the DSL and the runtime. */
  static graphOf(topology: Topology): TopologyGraph {
    return topology.#graph;
  }
}

// What all streams and tables of one builder write to: names by one running counter, as Kafka gives them, and the nodes in the
// order they were asked for. Nodes are written only when the topology is built, since a table learns late whether somebody needs
// its store or its old values. Kafka: InternalStreamsBuilder.
import type { Serde } from '@ottla/serdes';
import type { Family } from './family.ts';
import type { StoreBuilder } from '../store/store-builder.ts';
import type { AnySupplier, SinkOptions, SourceOptions } from '../topology/node-definition.ts';
import { Topology } from '../topology/topology.ts';
import type { GlobalStoreOptions, InternalTopicOptions } from '../topology/topology-graph.ts';
import { TopologyGraph } from '../topology/topology-graph.ts';

/** Serdes for stores and topics that are given none. */
export interface DefaultSerdes {
  readonly key: Serde<unknown> | undefined;
  readonly value: Serde<unknown> | undefined;
}

export class GraphBuilder {
  readonly defaults: DefaultSerdes;
  readonly family: Family;
  #counter = 0;
  readonly #writes: ((graph: TopologyGraph) => void)[] = [];
  /** Sources that read what another reads already stand for that one. */
  readonly #aliases = new Map<string, string>();
  readonly #sources = new Map<string, string>();
  readonly #children = new Map<string, string[]>();
  /** Joins that can say something of a record without a key. */
  readonly #nullKeyJoins = new Set<string>();

  constructor(defaults: DefaultSerdes, family: Family) {
    this.defaults = defaults;
    this.family = family;
  }

  /** `prefix` and the next number. */
  newName(prefix: string): string {
    const number = String(this.#counter).padStart(10, '0');
    this.#counter += 1;
    return prefix + number;
  }

  newStoreName(prefix: string): string {
    return this.newName(`${prefix}STATE-STORE-`);
  }

  /** The name that was asked for, or the next one; a number is used up in either case, as in Kafka. */
  nameOr(name: string | undefined, prefix: string): string {
    const generated = this.newName(prefix);
    return name ?? generated;
  }

  /** A part's name after that of the whole; a number is used up in either case, as in Kafka. */
  suffixedNameOr(name: string | undefined, suffix: string, prefix: string): string {
    const generated = this.newName(prefix);
    return name === undefined ? generated : name + suffix;
  }

  addSource(name: string, options: SourceOptions): void {
    const { topics } = options;
    const key =
      topics instanceof RegExp
        ? `pattern ${String(topics)}`
        : JSON.stringify(typeof topics === 'string' ? [topics] : [...topics].sort());
    const known = this.#sources.get(key);
    if (known !== undefined) {
      this.#aliases.set(name, known);
      return;
    }
    this.#sources.set(key, name);
    this.#writes.push((graph) => graph.addSource(name, options));
  }

  /** @param stores of other nodes that it uses too; asked when the topology is built */
  addProcessor(
    name: string,
    supplier: AnySupplier,
    parents: readonly string[],
    stores: () => readonly string[] = () => [],
  ): void {
    this.addLazyProcessor(name, () => supplier, parents, stores);
  }

  /** As `addProcessor`, with a supplier that is asked for when the topology is built. */
  addLazyProcessor(
    name: string,
    supplier: () => AnySupplier,
    parents: readonly string[],
    stores: () => readonly string[] = () => [],
  ): void {
    for (const parent of parents) this.connect(parent, name);
    this.#writes.push((graph) => {
      graph.addProcessor(name, supplier(), this.#resolved(parents));
      const connected = stores();
      if (connected.length > 0) graph.connectProcessorAndStateStores(name, connected);
    });
  }

  /** Notes that records go from one node to another, such as through a topic between them. */
  connect(parent: string, child: string): void {
    const children = this.#children.get(parent);
    if (children === undefined) this.#children.set(parent, [child]);
    else children.push(child);
  }

  /** Marks a node that makes something of a record without a key. */
  wantNullKeys(node: string): void {
    this.#nullKeyJoins.add(node);
  }

  /** Whether a node somewhere behind this one wants records without a key. Asked when the topology is built. */
  wantsNullKeysBehind(node: string): boolean {
    const seen = new Set<string>();
    const waiting = [node];
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      if (this.#nullKeyJoins.has(next)) return true;
      for (const child of this.#children.get(next) ?? []) {
        if (!seen.has(child)) waiting.push(child);
        seen.add(child);
      }
    }
    return false;
  }

  addSink(name: string, options: SinkOptions, parents: readonly string[]): void {
    this.#writes.push((graph) => graph.addSink(name, options, this.#resolved(parents)));
  }

  addStateStore(builder: StoreBuilder): void {
    this.#writes.push((graph) => graph.addStateStore(builder, []));
  }

  addGlobalStore(builder: StoreBuilder, options: GlobalStoreOptions): void {
    this.#writes.push((graph) => graph.addGlobalStore(builder, options));
  }

  addInternalTopic(topic: string, options: InternalTopicOptions): void {
    this.#writes.push((graph) => graph.addInternalTopic(topic, options));
  }

  /** The topics of these sources must have the same number of partitions. */
  copartition(sources: ReadonlySet<string>): void {
    this.#writes.push((graph) => graph.copartitionSources(this.#resolved([...sources])));
  }

  build(): Topology {
    const graph = new TopologyGraph();
    for (const write of this.#writes) write(graph);
    return new Topology(graph);
  }

  /** Each once; what an alias stands for comes last, as it does where Kafka makes one source of two. */
  #resolved(names: readonly string[]): readonly string[] {
    const own = names.filter((name) => !this.#aliases.has(name));
    const aliased = names.flatMap((name) => this.#aliases.get(name) ?? []);
    return [...new Set([...own, ...aliased])];
  }
}

// A topology as text and as data, node by node. The text is Kafka's to the letter: people paste it into visualisers.
// Kafka: TopologyDescription, and the second half of InternalTopologyBuilder.
import type { TopicNameExtractor } from '../processor/sink-routing.ts';
import { hashSetOrder } from './hash-set-order.ts';
import { InsertionTree } from './insertion-tree.ts';
import type { NodeDefinition } from './node-definition.ts';
import type { TopologyGraph } from './topology-graph.ts';

/** A node and its neighbours. */
export interface DescribedNode {
  readonly kind: 'source' | 'processor' | 'sink';
  readonly name: string;
  readonly predecessors: readonly DescribedNode[];
  readonly successors: readonly DescribedNode[];
  /** Of a source without a pattern; of a sink to one topic. */
  readonly topics: readonly string[];
  /** Of a source that reads by pattern. */
  readonly pattern: RegExp | undefined;
  /** Of a sink that chooses its topic by record. */
  readonly topicExtractor: TopicNameExtractor | undefined;
  /** Of a processor. */
  readonly stores: readonly string[];
}

/** Nodes that run in the same task. */
export interface DescribedSubtopology {
  readonly id: number;
  readonly nodes: readonly DescribedNode[];
}

/** A source and a processor that fill a store every instance holds. */
export interface DescribedGlobalStore {
  readonly id: number;
  readonly source: DescribedNode;
  readonly processor: DescribedNode;
}

/** What `Topology.describe` answers. */
export interface TopologyDescription {
  readonly subtopologies: readonly DescribedSubtopology[];
  readonly globalStores: readonly DescribedGlobalStore[];
  /** Kafka's text. */
  toString(): string;
}

/** A node while its neighbours are being found. */
class Node implements DescribedNode {
  readonly kind: DescribedNode['kind'];
  readonly name: string;
  readonly topics: readonly string[];
  readonly pattern: RegExp | undefined;
  readonly topicExtractor: TopicNameExtractor | undefined;
  readonly stores: readonly string[];
  readonly before = new InsertionTree<Node>(compareNodes);
  readonly after = new InsertionTree<Node>(compareNodes);
  /** Nodes of the tree that begins here, itself included. */
  size = 1;

  constructor(definition: NodeDefinition) {
    this.kind = definition.kind;
    this.name = definition.name;
    const topic = definition.kind === 'sink' ? definition.options.topic : undefined;
    const topics = definition.kind === 'source' ? definition.topics : [];
    this.topics = typeof topic === 'string' ? [topic] : hashSetOrder(topics);
    this.pattern = definition.kind === 'source' ? definition.pattern : undefined;
    this.topicExtractor = typeof topic === 'function' ? topic : undefined;
    this.stores = definition.kind === 'processor' ? hashSetOrder(definition.stores) : [];
  }

  get predecessors(): readonly Node[] {
    return [...this.before];
  }

  get successors(): readonly Node[] {
    return [...this.after];
  }
}

/** Describes every sub-topology and global store. */
export function describeGraph(graph: TopologyGraph): TopologyDescription {
  const subtopologies: DescribedSubtopology[] = [];
  const globalStores: DescribedGlobalStore[] = [];
  const texts: string[] = [];
  for (const [id, names] of graph.nodeGroups().entries()) {
    const nodes = connectNodes(graph, names);
    const source = nodes.find((node) => graph.isGlobalSource(node.name));
    if (source === undefined) {
      subtopologies.push({ id, nodes });
      texts.push(
        `  Sub-topology: ${id}\n${nodes.map((node) => `    ${nodeText(node)}\n`).join('')}\n`,
      );
    } else {
      const processor = nodes.find((node) => node !== source)!;
      globalStores.push({ id, source, processor });
      texts.push(
        `  Sub-topology: ${id} for global store (will not generate tasks)\n` +
          `    ${nodeText(source)}\n    ${nodeText(processor)}\n`,
      );
    }
  }
  return { subtopologies, globalStores, toString: () => `Topologies:\n ${texts.join('')}` };
}

/** The nodes with their neighbours: the largest tree first, then by name. */
function connectNodes(graph: TopologyGraph, names: readonly string[]): Node[] {
  const byName = new Map(
    hashSetOrder(names).map((name) => [name, new Node(graph.nodes.get(name)!)]),
  );
  for (const node of byName.values()) {
    for (const parent of graph.nodes.get(node.name)!.parents) {
      const predecessor = byName.get(parent)!;
      node.before.add(predecessor);
      predecessor.after.add(node);
      growTree(predecessor, node.size);
    }
  }
  return [...byName.values()].sort(compareNodes);
}

function growTree(node: Node, by: number): void {
  node.size += by;
  for (const predecessor of node.before) growTree(predecessor, by);
}

function compareNodes(a: Node, b: Node): number {
  if (a.size !== b.size) return b.size - a.size;
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
}

function nodeText(node: DescribedNode): string {
  const to = `\n      --> ${namesText(node.successors)}`;
  const from = `\n      <-- ${namesText(node.predecessors)}`;
  switch (node.kind) {
    case 'source':
      return `Source: ${node.name} (topics: ${node.pattern?.source ?? `[${node.topics.join(', ')}]`})${to}`;
    case 'processor':
      return `Processor: ${node.name} (stores: [${node.stores.join(', ')}])${to}${from}`;
    case 'sink': {
      const target =
        node.topicExtractor === undefined
          ? `topic: ${node.topics[0]}`
          : `extractor class: ${node.topicExtractor.name || 'anonymous'}`;
      return `Sink: ${node.name} (${target})${from}`;
    }
  }
}

function namesText(nodes: readonly DescribedNode[]): string {
  return nodes.length === 0 ? 'none' : nodes.map((node) => node.name).join(', ');
}

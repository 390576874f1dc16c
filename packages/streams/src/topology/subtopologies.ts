// What the runtime must know of each part of a topology: the topics it reads, writes and makes, and its stores. Names of
// internal topics carry the application's prefix here. Kafka: InternalTopologyBuilder.subtopologyToTopicsInfo.
import type { StoreBuilder } from '../store/store-builder.ts';
import type { SourceDefinition } from './node-definition.ts';
import { type InternalTopicOptions, matchesWhole, type TopologyGraph } from './topology-graph.ts';

/** A part whose nodes run in the same task; there is one task for each partition of its topics. */
export interface Subtopology {
  readonly id: number;
  /** In the order added: parents first. */
  readonly nodes: readonly string[];
  /** Topics read, those that match a pattern included. */
  readonly sourceTopics: readonly string[];
  /** Topics written by sinks that write to one topic only. */
  readonly sinkTopics: readonly string[];
  /** Topics read that the application makes for itself. */
  readonly repartitionTopics: ReadonlyMap<string, InternalTopicOptions>;
  readonly stores: readonly SubtopologyStore[];
}

/** A store of a sub-topology. */
export interface SubtopologyStore {
  readonly builder: StoreBuilder;
  /** Undefined when it has none. */
  readonly changelogTopic: string | undefined;
  /** Whether the changelog is a topic that the sub-topology reads anyway, and so is not to be made nor written. */
  readonly isSourceTopic: boolean;
}

/** `<application.id>-<topic>` for a topic of the application's own, the same name for others. */
export function fullTopicName(graph: TopologyGraph, applicationId: string, topic: string): string {
  return graph.internalTopics.has(topic) ? `${applicationId}-${topic}` : topic;
}

/** The topic that keeps a store's changes. */
export function changelogTopicName(applicationId: string, store: string): string {
  return `${applicationId}-${store}-changelog`;
}

/**
 * The parts of a topology that have tasks, by number; those of global stores are left out, so numbers may be missing.
 *
 * @param existingTopics topics in the cluster that a pattern may match
 */
export function subtopologiesOf(
  graph: TopologyGraph,
  applicationId: string,
  existingTopics: Iterable<string> = [],
): Subtopology[] {
  const existing = [...existingTopics];
  const subtopologies: Subtopology[] = [];
  for (const [id, nodes] of graph.nodeGroups().entries()) {
    if (nodes.some((node) => graph.isGlobalSource(node))) continue;
    const sourceTopics = new Set<string>();
    const sinkTopics = new Set<string>();
    const repartitionTopics = new Map<string, InternalTopicOptions>();
    const stores = new Map<string, SubtopologyStore>();
    for (const name of nodes) {
      const node = graph.nodes.get(name)!;
      if (node.kind === 'source') {
        for (const topic of topicsOf(node, existing)) {
          const fullName = fullTopicName(graph, applicationId, topic);
          sourceTopics.add(fullName);
          const internal = graph.internalTopics.get(topic);
          if (internal !== undefined) repartitionTopics.set(fullName, internal);
        }
      } else if (node.kind === 'sink') {
        const { topic } = node.options;
        if (typeof topic === 'string') sinkTopics.add(fullTopicName(graph, applicationId, topic));
      } else {
        for (const store of node.stores)
          stores.set(store, describeStore(graph, applicationId, store));
      }
    }
    subtopologies.push({
      id,
      nodes,
      sourceTopics: [...sourceTopics],
      sinkTopics: [...sinkTopics],
      repartitionTopics,
      stores: [...stores.values()],
    });
  }
  return subtopologies;
}

/** Topics (with their prefix) that must have as many partitions as each other; groups with a topic in common are one. */
export function copartitionGroupsOf(graph: TopologyGraph, applicationId: string): string[][] {
  const groups: Set<string>[] = [];
  for (const sources of graph.copartitionGroups) {
    const topics = new Set<string>();
    for (const name of sources) {
      const node = graph.nodes.get(name);
      if (node?.kind !== 'source') continue;
      for (const topic of node.topics) topics.add(fullTopicName(graph, applicationId, topic));
    }
    const known = groups.find((group) => [...topics].some((topic) => group.has(topic)));
    if (known === undefined) groups.push(topics);
    else for (const topic of topics) known.add(topic);
  }
  return groups.map((group) => [...group]);
}

/** The topics that a source reads now, without prefix. */
export function topicsOf(source: SourceDefinition, existing: readonly string[]): readonly string[] {
  const { pattern } = source;
  return pattern === undefined
    ? source.topics
    : existing.filter((topic) => matchesWhole(pattern, topic));
}

function describeStore(
  graph: TopologyGraph,
  applicationId: string,
  name: string,
): SubtopologyStore {
  const { builder } = graph.stores.get(name)!;
  const sourceTopic = graph.sourceTopicOfStore.get(name);
  if (sourceTopic !== undefined) {
    const changelogTopic = fullTopicName(graph, applicationId, sourceTopic);
    return { builder, changelogTopic, isSourceTopic: true };
  }
  const changelogTopic = builder.loggingEnabled
    ? changelogTopicName(applicationId, name)
    : undefined;
  return { builder, changelogTopic, isSourceTopic: false };
}

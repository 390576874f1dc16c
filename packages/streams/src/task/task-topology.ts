// The nodes of one task, made from the graph and joined. Kafka: InternalTopologyBuilder.build, ProcessorTopology.
import { StreamsError } from '../errors.ts';
import type { AnySerde } from '../topology/node-definition.ts';
import { fullTopicName } from '../topology/subtopologies.ts';
import { matchesWhole, type TopologyGraph } from '../topology/topology-graph.ts';
import { ProcessorNode } from './processor-node.ts';
import { SinkNode } from './sink-node.ts';
import { SourceNode } from './source-node.ts';
import type { TaskHost, TaskNode } from './task-host.ts';

/** The nodes of a task. */
export interface TaskTopology {
  /** Parents first. */
  readonly nodes: readonly TaskNode[];
  /** Who reads a topic (with the application's prefix where it is internal); undefined: nobody here. */
  sourceOf(topic: string): SourceNode | undefined;
}

/**
 * Makes the named nodes, with processors of their own.
 *
 * @throws StreamsError when a source or sink has no serde and the application has no default
 */
export function makeTaskTopology(
  graph: TopologyGraph,
  names: readonly string[],
  host: TaskHost,
): TaskTopology {
  const { applicationId, defaultKeySerde, defaultValueSerde } = host.settings;
  const nodes = new Map<string, TaskNode>();
  const sources = new Map<string, SourceNode>();
  const patterns: [RegExp, SourceNode][] = [];
  const serdesOf = (
    node: string,
    given: { readonly key?: AnySerde | undefined; readonly value?: AnySerde | undefined },
  ): { key: AnySerde; value: AnySerde } => ({
    key: serdeFor(node, 'key', given.key ?? defaultKeySerde),
    value: serdeFor(node, 'value', given.value ?? defaultValueSerde),
  });
  for (const name of names) {
    const definition = graph.nodes.get(name)!;
    let node: TaskNode;
    if (definition.kind === 'source') {
      const { timestampExtractor } = definition.options;
      const source = new SourceNode(name, host, {
        ...serdesOf(name, definition.options),
        timestampExtractor,
      });
      if (definition.pattern !== undefined) patterns.push([definition.pattern, source]);
      for (const topic of definition.topics)
        sources.set(fullTopicName(graph, applicationId, topic), source);
      node = source;
    } else if (definition.kind === 'sink') {
      const { topic, partitioner } = definition.options;
      const fullTopic =
        typeof topic === 'string' ? fullTopicName(graph, applicationId, topic) : topic;
      node = new SinkNode(name, host, {
        ...serdesOf(name, definition.options),
        topic: fullTopic,
        partitioner,
      });
    } else {
      node = new ProcessorNode(name, host, definition.supplier, definition.stores);
    }
    nodes.set(name, node);
    for (const parent of definition.parents) nodes.get(parent)?.context?.children.push(node);
  }
  const sourceOf = (topic: string): SourceNode | undefined =>
    sources.get(topic) ?? patterns.find(([pattern]) => matchesWhole(pattern, topic))?.[1];
  return { nodes: [...nodes.values()], sourceOf };
}

function serdeFor(node: string, side: 'key' | 'value', serde: AnySerde | undefined): AnySerde {
  if (serde === undefined) {
    throw new StreamsError(
      'INVALID_CONFIG',
      `${node} has no serde for its ${side}s: give it one, or set the application's default ${side} serde`,
    );
  }
  return serde;
}

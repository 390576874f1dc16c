// What the topics that exist now make of a topology: its sub-topologies with the topics that patterns match, and the internal topics
// they need, which are made here. Kafka: InternalTopologyBuilder.updateSubscriptions, RepartitionTopics, ChangelogTopics.
import type { Admin } from '@ottla/client';
import { type Subtopology, subtopologiesOf } from '../topology/subtopologies.ts';
import type { TopologyGraph } from '../topology/topology-graph.ts';
import { ensureInternalTopics, existingTopics, planPartitions } from './internal-topics.ts';
import type { StreamsSettings } from './streams-config.ts';

export class TopicPlan {
  /** Whether topics may come that are to be read too. */
  readonly hasPatterns: boolean;
  readonly #graph: TopologyGraph;
  readonly #admin: Admin;
  readonly #settings: StreamsSettings;
  #subtopologies: readonly Subtopology[] = [];

  private constructor(graph: TopologyGraph, admin: Admin, settings: StreamsSettings) {
    this.#graph = graph;
    this.#admin = admin;
    this.#settings = settings;
    this.hasPatterns = [...graph.nodes.values()].some(
      (node) => node.kind === 'source' && node.pattern !== undefined,
    );
  }

  /** @throws TopologyError, StreamsError `INVALID_STATE` when the application cannot run with the topics there are */
  static async open(
    graph: TopologyGraph,
    admin: Admin,
    settings: StreamsSettings,
  ): Promise<TopicPlan> {
    const plan = new TopicPlan(graph, admin, settings);
    await plan.refresh();
    return plan;
  }

  get subtopologies(): readonly Subtopology[] {
    return this.#subtopologies;
  }

  /** Topics to subscribe to. */
  get topics(): string[] {
    return this.#subtopologies.flatMap(({ sourceTopics }) => sourceTopics);
  }

  /** Looks again. @returns whether other topics are read now. @throws as `open` does */
  async refresh(): Promise<boolean> {
    const { applicationId } = this.#settings;
    const existing = await existingTopics(this.#admin);
    const parts = subtopologiesOf(this.#graph, applicationId, existing.keys());
    const before = new Set(this.topics);
    const now = parts.flatMap(({ sourceTopics }) => sourceTopics);
    if (before.size > 0 && now.length === before.size && now.every((topic) => before.has(topic)))
      return false;
    const counts = planPartitions(this.#graph, applicationId, parts, existing);
    await ensureInternalTopics(this.#admin, parts, counts, this.#settings);
    this.#subtopologies = parts;
    return true;
  }
}

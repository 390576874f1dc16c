// What the cluster says of itself: who leads, who is in sync, who is the active controller. Asked anew each time, of nodes
// that may be gone, so each question is asked until somebody answers.
import { setTimeout as sleep } from 'node:timers/promises';
import { Admin, type PartitionMetadata, type QuorumDescription } from '@ottla/client';
import type { Cluster } from '../src/cluster.ts';

const ANSWER_MS = 1_000;
const LIMIT_MS = 30_000;
const AGAIN_MS = 20;

export class ClusterView {
  readonly #cluster: Cluster;
  readonly #topic: string;

  constructor(cluster: Cluster, topic: string) {
    this.#cluster = cluster;
    this.#topic = topic;
  }

  /**
   * By partition index.
   *
   * @param sleeper is not asked: when it wakes it answers first, with what was true before
   */
  async partitions(sleeper?: number): Promise<readonly PartitionMetadata[]> {
    return this.#ask(async (admin) => {
      const [topic] = await admin.describeTopics([this.#topic]);
      if (topic === undefined || topic.errorCode !== 0) throw new Error(`no topic ${this.#topic}`);
      return topic.partitions;
    }, sleeper);
  }

  async leaderOf(partition: number): Promise<number> {
    return (await this.partitions())[partition]!.leaderId;
  }

  /** Somebody in sync who does not lead. */
  async followerOf(partition: number): Promise<number> {
    const { leaderId, isr } = (await this.partitions())[partition]!;
    return isr.find((nodeId) => nodeId !== leaderId) ?? leaderId;
  }

  /** Whether all replicas of all partitions are in sync and have a leader. */
  async isWhole(): Promise<boolean> {
    return (await this.partitions()).every(
      ({ leaderId, isr, replicas }) => leaderId >= 0 && isr.length === replicas.length,
    );
  }

  /** The node that coordinates a group. */
  async coordinatorOf(group: string): Promise<number> {
    return this.#ask(async (admin) => {
      const [{ coordinator } = { coordinator: '' }] = await admin.describeGroups([group]);
      const node = this.#cluster.nodes.find(({ address }) => address === coordinator);
      if (node === undefined) throw new Error(`nobody coordinates ${group}`);
      return node.nodeId;
    });
  }

  async quorum(): Promise<QuorumDescription> {
    return this.#ask((admin) => admin.describeQuorum());
  }

  /** Milliseconds until a controller with a higher epoch says that it is one. */
  async nextController(epoch: number, limitMs: number): Promise<number | undefined> {
    const startedMs = performance.now();
    const ways = this.#cluster.nodes
      .filter(({ isRunning }) => isRunning)
      .map(({ address }) => this.#controllerBeyond(address, epoch, startedMs + limitMs));
    try {
      await Promise.any(ways);
      return performance.now() - startedMs;
    } catch {
      return undefined;
    }
  }

  async #controllerBeyond(address: string, epoch: number, deadlineMs: number): Promise<void> {
    await using admin = this.#admin(address);
    while (performance.now() < deadlineMs) {
      try {
        const { leaderId, leaderEpoch } = await admin.describeQuorum();
        if (leaderId >= 0 && leaderEpoch > epoch) return;
      } catch {
        // Nobody knows one yet.
      }
      await sleep(AGAIN_MS);
    }
    throw new Error('no new controller');
  }

  async #ask<T>(question: (admin: Admin) => Promise<T>, sleeper?: number): Promise<T> {
    const deadlineMs = performance.now() + LIMIT_MS;
    for (;;) {
      const running = this.#cluster.nodes.filter(
        ({ isRunning, nodeId }) => isRunning && nodeId !== sleeper,
      );
      const addresses = (running.length > 0 ? running : this.#cluster.nodes).map(
        ({ address }) => address,
      );
      await using admin = this.#admin(addresses.join(','));
      try {
        return await question(admin);
      } catch (error) {
        if (performance.now() > deadlineMs) throw error;
      }
      await sleep(AGAIN_MS);
    }
  }

  #admin(bootstrapServers: string): Admin {
    return new Admin({
      bootstrapServers,
      clientId: 'chaos',
      requestTimeoutMs: ANSWER_MS,
      defaultApiTimeoutMs: ANSWER_MS,
      retryBackoffMs: AGAIN_MS,
      retryBackoffMsMax: AGAIN_MS,
    });
  }
}

// Several servers, one cluster: who leads the quorum, who is registered, what goes on when a node ends.
import { createTopicsRequest, createTopicsResponse } from '@ottla/protocol/messages/create-topics';
import {
  describeClusterRequest,
  describeClusterResponse,
} from '@ottla/protocol/messages/describe-cluster';
import { metadataRequest, metadataResponse } from '@ottla/protocol/messages/metadata';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { type ClusterNode, startCluster, type TestCluster } from '../../test/cluster.ts';
import { withClient } from '../../test/running-server.ts';

const NO_ERROR = 0;
const IN_TIME = { timeout: 8_000, interval: 20 };

let cluster: TestCluster | undefined;
afterEach(async () => {
  await cluster?.close();
  cluster = undefined;
});

function brokersAsSeenBy(node: ClusterNode): Promise<number[]> {
  return withClient(node.address, async (client) => {
    const { brokers } = await client.ask([describeClusterRequest, describeClusterResponse], {
      endpointType: 1,
    });
    return brokers.map(({ brokerId }) => brokerId).sort((a, b) => a - b);
  });
}

/** Leader and replicas of each partition, as that node tells clients. */
function leadersAsSeenBy(
  node: ClusterNode,
  topic: string,
): Promise<{ leaderId: number; isr: number[] }[]> {
  return withClient(node.address, async (client) => {
    const { topics } = await client.ask([metadataRequest, metadataResponse], {
      topics: [{ topicId: 'AAAAAAAAAAAAAAAAAAAAAA', name: topic }],
    });
    return topics[0]!.partitions.map(({ leaderId, isrNodes }) => ({ leaderId, isr: isrNodes }));
  });
}

async function createTopic(node: ClusterNode, name: string, replicas = 1): Promise<void> {
  const answer = await withClient(node.address, (client) =>
    client.ask([createTopicsRequest, createTopicsResponse], {
      topics: [
        { name, numPartitions: 4, replicationFactor: replicas, assignments: [], configs: [] },
      ],
      timeoutMs: 8_000,
    }),
  );
  expect(answer.topics[0]).toMatchObject({ errorCode: NO_ERROR });
}

describe('a cluster with one controller', () => {
  it('given a combined node and two brokers, then all are registered and know the controller', async () => {
    cluster = await startCluster({ brokers: 3 });
    expect(cluster.activeController()).toBe(1);
    for (const node of cluster.nodes) expect(await brokersAsSeenBy(node)).toEqual([1, 2, 3]);
  });

  it('given a controller alone and two brokers, then both are registered', async () => {
    cluster = await startCluster({ brokers: 2, combined: false });
    expect(cluster.activeController()).toBe(101);
    expect(await brokersAsSeenBy(cluster.node(2))).toEqual([1, 2]);
  });
});

describe('a cluster with three voters', () => {
  it('given combined nodes, then one of them leads, and all are registered', async () => {
    cluster = await startCluster({ controllers: 3, brokers: 4 });
    expect([1, 2, 3]).toContain(cluster.activeController());
    expect(await brokersAsSeenBy(cluster.node(4))).toEqual([1, 2, 3, 4]);
  });

  it.each([
    ['is killed', (id: number) => Promise.resolve(cluster!.kill(id))],
    ['stops in order', (id: number) => cluster!.stop(id)],
  ])(
    'given an active controller that %s, then another takes over, the brokers go on, and it comes back',
    async (_how, end) => {
      cluster = await startCluster({ controllers: 3, brokers: 4 });
      const first = cluster.activeController()!;
      await end(first);
      await vi.waitUntil(() => {
        const leader = cluster!.activeController();
        return leader !== undefined && leader !== first;
      }, IN_TIME);
      await createTopic(cluster.node(4), 'made-afterwards');
      await vi.waitFor(
        async () => expect(await brokersAsSeenBy(cluster!.node(4))).not.toContain(first),
        IN_TIME,
      );
      await cluster.restart(first);
      await vi.waitFor(
        async () => expect(await brokersAsSeenBy(cluster!.node(4))).toEqual([1, 2, 3, 4]),
        IN_TIME,
      );
      expect(cluster.activeController()).not.toBe(first);
    },
    20_000,
  );

  it('given controllers that are no brokers, when the active one is killed, then brokers go on with another', async () => {
    cluster = await startCluster({ controllers: 3, brokers: 2, combined: false });
    const first = cluster.activeController()!;
    expect([101, 102, 103]).toContain(first);
    cluster.kill(first);
    await createTopic(cluster.node(1), 'made-afterwards', 2);
    expect(cluster.activeController()).not.toBe(first);
    await cluster.restart(first);
    await createTopic(cluster.node(2), 'made-later', 2);
  }, 20_000);

  it('given no majority, then nothing is decided until it is there again', async () => {
    cluster = await startCluster({ controllers: 3, brokers: 3 });
    const leader = cluster.activeController()!;
    const [rest = 0, other = 0] = [1, 2, 3].filter((id) => id !== leader);
    // On a busy machine one may have been missed while the others started.
    await vi.waitFor(
      async () => expect(await brokersAsSeenBy(cluster!.node(rest))).toEqual([1, 2, 3]),
      IN_TIME,
    );
    cluster.kill(leader);
    cluster.kill(other);
    const creating = createTopic(cluster.node(rest), 'late');
    let isDecided = false;
    void creating.then(() => (isDecided = true));
    // Its fetches fail, and nobody votes for it.
    await expect(brokersAsSeenBy(cluster.node(rest))).resolves.toEqual([1, 2, 3]);
    expect(isDecided).toBe(false);
    await cluster.restart(other);
    await creating;
    expect(await leadersAsSeenBy(cluster.node(rest), 'late')).toHaveLength(4);
  }, 20_000);
});

describe('a broker that is no controller', () => {
  it('given leaderships, when it stops, then others lead before it is gone', async () => {
    cluster = await startCluster({ brokers: 3 });
    await createTopic(cluster.node(1), 'orders', 3);
    await cluster.stop(2);
    const partitions = await leadersAsSeenBy(cluster.node(1), 'orders');
    expect(partitions.map(({ leaderId }) => leaderId)).not.toContain(2);
    expect(partitions.map(({ leaderId }) => leaderId)).not.toContain(-1);
    expect(partitions.flatMap(({ isr }) => isr)).not.toContain(2);
  }, 20_000);

  it('given that it is killed, then it is fenced, and counted in again when it is back', async () => {
    cluster = await startCluster({ brokers: 2 });
    cluster.kill(2);
    await vi.waitFor(
      async () => expect(await brokersAsSeenBy(cluster!.node(1))).toEqual([1]),
      IN_TIME,
    );
    await cluster.restart(2);
    await vi.waitFor(
      async () => expect(await brokersAsSeenBy(cluster!.node(1))).toEqual([1, 2]),
      IN_TIME,
    );
  }, 20_000);
});

describe('a broker that comes back', () => {
  it('given topics in a metadata log that it has not read yet, then it turns clients away and does not deny the topics', async () => {
    cluster = await startCluster({ controllers: 3 });
    await createTopic(cluster.node(1), 'orders');
    for (const { id } of cluster.nodes) cluster.kill(id);
    // Without a majority nobody tells it what is committed.
    const alone = cluster.restart(1).catch(() => undefined);
    await expect(leadersAsSeenBy(cluster.node(1), 'orders')).rejects.toThrow();
    await Promise.all([alone, cluster.restart(2), cluster.restart(3)]);
    expect(await leadersAsSeenBy(cluster.node(1), 'orders')).toHaveLength(4);
  });
});

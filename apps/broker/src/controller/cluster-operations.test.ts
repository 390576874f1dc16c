// What operators and tools ask of a cluster, at a broker that does not lead the quorum: elections, moves, features,
// members. The replicas really follow.
import { decodeMetadataRecord, LeaderRecoveryState } from '@ottla/metadata';
import { ErrorCode, METADATA_TOPIC_ID } from '@ottla/protocol';
import {
  alterPartitionReassignmentsRequest,
  alterPartitionReassignmentsResponse,
} from '@ottla/protocol/messages/alter-partition-reassignments';
import {
  createTopicsRequest,
  createTopicsResponse,
  createCreatableTopic,
} from '@ottla/protocol/messages/create-topics';
import { electLeadersRequest, electLeadersResponse } from '@ottla/protocol/messages/elect-leaders';
import {
  createFetchPartition,
  createFetchTopic,
  fetchRequest,
  fetchResponse,
} from '@ottla/protocol/messages/fetch';
import {
  findCoordinatorRequest,
  findCoordinatorResponse,
} from '@ottla/protocol/messages/find-coordinator';
import {
  listPartitionReassignmentsRequest,
  listPartitionReassignmentsResponse,
} from '@ottla/protocol/messages/list-partition-reassignments';
import {
  describeConfigsRequest,
  describeConfigsResponse,
} from '@ottla/protocol/messages/describe-configs';
import {
  describeTopicPartitionsRequest,
  describeTopicPartitionsResponse,
  type DescribeTopicPartitionsResponsePartition as Partition,
} from '@ottla/protocol/messages/describe-topic-partitions';
import {
  unregisterBrokerRequest,
  unregisterBrokerResponse,
} from '@ottla/protocol/messages/unregister-broker';
import { decodeBatches } from '@ottla/protocol/records';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type ClusterNode, startCluster, type TestCluster } from '../../test/cluster.ts';
import { ProtocolClient } from '../../test/running-server.ts';

const ELECT = [electLeadersRequest, electLeadersResponse] as const;
const REASSIGN = [alterPartitionReassignmentsRequest, alterPartitionReassignmentsResponse] as const;
const LIST = [listPartitionReassignmentsRequest, listPartitionReassignmentsResponse] as const;
const UNREGISTER = [unregisterBrokerRequest, unregisterBrokerResponse] as const;
const DESCRIBE = [describeTopicPartitionsRequest, describeTopicPartitionsResponse] as const;
const TIMEOUT = { timeout: 10_000, interval: 20 };

let cluster: TestCluster;
let client: ProtocolClient;

beforeEach(async () => {
  cluster = await startCluster({ brokers: 4 });
  client = await connect(cluster.node(4));
});

afterEach(async () => {
  client.close();
  await cluster.close();
});

function connect({ address }: ClusterNode): Promise<ProtocolClient> {
  const [host = '', port] = address.split(':');
  return ProtocolClient.connect({ host, port: Number(port) });
}

/** Creates topic `t` with one partition on these brokers. */
function createTopic(...brokerIds: number[]): Promise<void> {
  return createTopicWith([], ...brokerIds);
}

async function createTopicWith(
  configs: { name: string; value: string }[],
  ...brokerIds: number[]
): Promise<void> {
  const topic = createCreatableTopic({
    configs,
    name: 't',
    numPartitions: -1,
    replicationFactor: -1,
    assignments: [{ partitionIndex: 0, brokerIds }],
  });
  const codecs = [createTopicsRequest, createTopicsResponse] as const;
  const { topics } = await client.ask(codecs, { topics: [topic] });
  expect(topics[0]?.errorCode).toBe(ErrorCode.NONE);
}

async function partition(): Promise<Partition> {
  const { topics } = await client.ask(DESCRIBE, { topics: [{ name: 't' }] });
  return topics[0]?.partitions[0] as Partition;
}

/** Resolves when the partition is as expected. */
function becomes(expected: Partial<Record<keyof Partition, unknown>>): Promise<void> {
  return vi.waitFor(async () => expect(await partition()).toMatchObject(expected), TIMEOUT);
}

async function reassign(replicas: number[] | null): Promise<number | undefined> {
  const topics = [{ name: 't', partitions: [{ partitionIndex: 0, replicas }] }];
  const { responses } = await client.ask(REASSIGN, { topics });
  return responses[0]?.partitions[0]?.errorCode;
}

const members = (...ids: number[]): unknown =>
  expect.toSatisfy((isr: number[]) => String(isr.toSorted((a, b) => a - b)) === String(ids));

describe('a cluster of four brokers', () => {
  it('given a leader that dies, then another leads, and the first leads again when it is back and elected', async () => {
    await createTopic(2, 3, 4);
    cluster.kill(2);
    await becomes({ leaderId: 3, isrNodes: members(3, 4) });

    await cluster.restart(2);
    await becomes({ leaderId: 3, isrNodes: members(2, 3, 4) });
    const { replicaElectionResults } = await client.ask(ELECT, { topicPartitions: null });

    expect(replicaElectionResults.find(({ topic }) => topic === 't')?.partitionResult).toEqual([
      { partitionId: 0, errorCode: 0, errorMessage: null },
    ]);
    await becomes({ leaderId: 2 });
  });

  it('given other replicas, then they catch up and the old ones are gone', async () => {
    await createTopic(1, 2);

    expect(await reassign([3, 4])).toBe(ErrorCode.NONE);

    await becomes({ replicaNodes: [3, 4], isrNodes: members(3, 4), leaderId: 3 });
    const { topics } = await client.ask(LIST, { topics: null });
    expect(topics).toEqual([]);
  });

  it('given a move to a broker that is gone, then it stays under way until it is cancelled', async () => {
    await createTopic(1, 2);
    cluster.kill(3);

    expect(await reassign([1, 3])).toBe(ErrorCode.NONE);

    const { topics } = await client.ask(LIST, { topics: null });
    expect(topics[0]?.partitions).toEqual([
      { partitionIndex: 0, replicas: [1, 3, 2], addingReplicas: [3], removingReplicas: [2] },
    ]);
    expect(await reassign(null)).toBe(ErrorCode.NONE);
    await becomes({ replicaNodes: [1, 2], leaderId: 1 });
    expect(await reassign(null)).toBe(ErrorCode.NO_REASSIGNMENT_IN_PROGRESS);
  });

  it('given a broker that will not come back, then it is unregistered', async () => {
    cluster.kill(3);

    expect((await client.ask(UNREGISTER, { brokerId: 3 })).errorCode).toBe(ErrorCode.NONE);
    expect(await client.ask(UNREGISTER, { brokerId: 3 })).toMatchObject({
      errorCode: ErrorCode.BROKER_ID_NOT_REGISTERED,
    });
  });

  it('given a new cluster, then eligible leader replicas are on: a broker that stopped in order leads again cleanly, and one that crashed has to recover', async () => {
    await createTopic(3, 2);
    cluster.kill(2);
    await becomes({ isrNodes: [3], leaderId: 3 });

    await cluster.stop(3);
    await becomes({ leaderId: -1, isrNodes: [], eligibleLeaderReplicas: [3] });
    await cluster.restart(3);
    await becomes({ leaderId: 3, isrNodes: [3], eligibleLeaderReplicas: [] });
    expect(await recoveries()).toEqual([]);

    cluster.kill(3);
    await becomes({ leaderId: -1, isrNodes: [], eligibleLeaderReplicas: [3] });
    await cluster.restart(3);
    await becomes({ leaderId: 3, isrNodes: [3], eligibleLeaderReplicas: [] });
    expect(await recoveries()).toEqual([3]);
  });

  it('given two that left the ISR of two last, when the one that is eligible comes back before the one that is in sync, then it leads, and cleanly', async () => {
    const configs = [{ name: 'min.insync.replicas', value: '2' }];
    await createTopicWith(configs, 3, 2);
    await cluster.stop(2);
    await becomes({ leaderId: 3, isrNodes: [3], eligibleLeaderReplicas: [2] });
    await cluster.stop(3);
    await becomes({ leaderId: -1, isrNodes: [], eligibleLeaderReplicas: members(2, 3) });

    await cluster.restart(2);

    await becomes({ leaderId: 2, isrNodes: [2], eligibleLeaderReplicas: [3] });
    expect(await recoveries()).toEqual([]);
    await cluster.restart(3);
    await becomes({ isrNodes: members(2, 3), eligibleLeaderReplicas: [] });
  });
});

describe('internal topics', () => {
  it('given brokers that join one after the other, then they gain replicas, and two have to be in sync', async () => {
    const first = await connect(cluster.node(1));
    for (const id of [2, 3, 4]) {
      await cluster.stop(id);
      await first.ask(UNREGISTER, { brokerId: id });
    }
    const replicas = async (): Promise<number> => (await offsets(first))?.isrNodes.length ?? 0;
    const find = [findCoordinatorRequest, findCoordinatorResponse] as const;
    await vi.waitFor(async () => {
      await first.ask(find, { keyType: 0, coordinatorKeys: ['group'] });
      expect(await replicas()).toBe(1);
    }, TIMEOUT);

    for (const id of [2, 3, 4]) await cluster.restart(id);

    await vi.waitFor(async () => expect(await replicas()).toBe(3), TIMEOUT);
    await vi.waitFor(async () => expect(await minIsr(first)).toBe('2'), TIMEOUT);
    first.close();
  });
});

async function offsets(asked: ProtocolClient): Promise<Partition | undefined> {
  const { topics } = await asked.ask(DESCRIBE, { topics: [{ name: '__consumer_offsets' }] });
  return topics[0]?.partitions[0];
}

async function minIsr(asked: ProtocolClient): Promise<string | null | undefined> {
  const codecs = [describeConfigsRequest, describeConfigsResponse] as const;
  const configurationKeys = ['min.insync.replicas'];
  const resource = { resourceType: 2, resourceName: '__consumer_offsets', configurationKeys };
  const { results } = await asked.ask(codecs, { resources: [resource] });
  return results[0]?.configs[0]?.value;
}

/** Leaders that were elected though they may lack records, as the metadata log says. */
async function recoveries(): Promise<number[]> {
  const { host, port } = cluster.node(1).server!.controllerEndpoint;
  const controller = await ProtocolClient.connect({ host, port });
  const partitions = [
    createFetchPartition({
      partition: 0,
      fetchOffset: 0,
      partitionMaxBytes: 1 << 24,
      currentLeaderEpoch: -1,
    }),
  ];
  const topics = [createFetchTopic({ topicId: METADATA_TOPIC_ID, partitions })];
  const body = { topics, maxBytes: 1 << 24, maxWaitMs: 0, minBytes: 0 };
  const answer = await controller.ask([fetchRequest, fetchResponse], body);
  controller.close();
  const leaders: number[] = [];
  const { records } = answer.responses[0]!.partitions[0]!;
  for (const batch of decodeBatches(records as Buffer, { verifyCrc: true })) {
    if (batch.isControlBatch) continue;
    for (const { value } of batch.records()) {
      const record = decodeMetadataRecord(value!);
      if (record.type !== 'PartitionChangeRecord') continue;
      if (record.value.leaderRecoveryState === LeaderRecoveryState.RECOVERING)
        leaders.push(record.value.leader);
    }
  }
  return leaders;
}

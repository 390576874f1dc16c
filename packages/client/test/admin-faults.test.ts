// What an admin client does while controllers and leaders change.
import { ApiKey, ErrorCode } from '@ottla/protocol';
import * as createPartitions from '@ottla/protocol/messages/create-partitions';
import * as createTopics from '@ottla/protocol/messages/create-topics';
import * as deleteRecords from '@ottla/protocol/messages/delete-records';
import * as deleteTopics from '@ottla/protocol/messages/delete-topics';
import { createSimulation } from '@ottla/platform/simulated';
import { describe, expect, it } from 'vitest';
import { Admin } from '../src/index.ts';
import { FakeBroker, FakeCluster } from './fake-broker.ts';
import { simulatedCluster } from './simulated-cluster.ts';

/** The first answers, then none. */
function codes(...first: readonly (keyof typeof ErrorCode)[]): () => number {
  const left = [...first];
  return () => ErrorCode[left.shift() ?? 'NONE'];
}

describe('Admin while controllers change', () => {
  it('given a controller that ceased to lead, then topics are created, grown and deleted by the next', async () => {
    const { simulation, broker, options } = await simulatedCluster();
    const [created, grown, deleted] = [1, 2, 3].map(() =>
      codes('NOT_CONTROLLER', 'NOT_CONTROLLER'),
    );
    broker.script({
      request: createTopics.createTopicsRequest,
      response: createTopics.createTopicsResponse,
      answer: () => ({
        topics: [createTopics.createCreatableTopicResult({ name: 'a', errorCode: created!() })],
      }),
    });
    broker.script({
      request: createPartitions.createPartitionsRequest,
      response: createPartitions.createPartitionsResponse,
      answer: () => ({ results: [{ name: 'a', errorCode: grown!(), errorMessage: null }] }),
    });
    broker.script({
      request: deleteTopics.deleteTopicsRequest,
      response: deleteTopics.deleteTopicsResponse,
      answer: () => ({
        responses: [deleteTopics.createDeletableTopicResult({ name: 'a', errorCode: deleted!() })],
      }),
    });
    const admin = new Admin(options);
    await simulation.settle(admin.createTopics([{ name: 'a' }]));
    await simulation.settle(admin.createPartitions([{ name: 'a', totalCount: 3 }]));
    await simulation.settle(admin.deleteTopics(['a']));
    for (const api of [ApiKey.CreateTopics, ApiKey.CreatePartitions, ApiKey.DeleteTopics])
      expect(broker.count(api)).toBe(3);
    await simulation.settle(admin.close());
  });

  it('given a topic that is there already, then says so at once', async () => {
    const { simulation, broker, options } = await simulatedCluster();
    const code = codes('TOPIC_ALREADY_EXISTS');
    broker.script({
      request: createTopics.createTopicsRequest,
      response: createTopics.createTopicsResponse,
      answer: () => ({
        topics: [createTopics.createCreatableTopicResult({ name: 'a', errorCode: code() })],
      }),
    });
    const admin = new Admin(options);
    await expect(simulation.settle(admin.createTopics([{ name: 'a' }]))).rejects.toMatchObject({
      code: 'TOPIC_ALREADY_EXISTS',
      topic: 'a',
    });
    expect(broker.count(ApiKey.CreateTopics)).toBe(1);
    await simulation.settle(admin.close());
  });

  it('given a leader that does not answer any more, then records are deleted by the next', async () => {
    const simulation = createSimulation({ seed: 3 });
    const cluster = new FakeCluster();
    const brokers: FakeBroker[] = [];
    for (const nodeId of [1, 2]) {
      const host = `broker-${nodeId}`;
      const { platform } = simulation.node(host);
      const start = FakeBroker.start({ platform, host, nodeId, cluster, topics: { orders: 1 } });
      const broker = await simulation.settle(start);
      broker.script({
        request: deleteRecords.deleteRecordsRequest,
        response: deleteRecords.deleteRecordsResponse,
        answer: () => ({
          topics: [
            {
              name: 'orders',
              partitions: [{ partitionIndex: 0, errorCode: 0, lowWatermark: 10 * nodeId }],
            },
          ],
        }),
      });
      brokers.push(broker);
    }
    const admin = new Admin({
      bootstrapServers: 'broker-2:9092',
      platform: simulation.node('client').platform,
      requestTimeoutMs: 2_000,
    });
    await simulation.settle(admin.describeTopics(['orders']));
    brokers[0]!.inject({ apiKey: ApiKey.DeleteRecords, fault: { kind: 'neverAnswer' } });
    const deleting = admin.deleteRecords([{ topic: 'orders', partition: 0, offset: 20 }]);
    await simulation.runUntil(() => brokers[0]!.faultsLeft === 0);
    cluster.moveLeader('orders-0', 2);
    expect(await simulation.settle(deleting)).toMatchObject([{ lowWatermark: 20 }]);
    await simulation.settle(admin.close());
  });
});

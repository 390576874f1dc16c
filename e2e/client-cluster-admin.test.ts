// Admin calls that need several brokers, against three Apache Kafka nodes: quorum, reassignment, elections, features.
import { Admin } from '@ottla/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startKafkaCluster } from './src/kafka-cluster.ts';
import type { KafkaCluster } from './src/kafka-cluster.ts';
import { until } from './src/processes.ts';
import { missing } from './src/toolchain.ts';

const LIMIT_MS = 180_000;

const whyNot = missing(['java']);

describe.skipIf(whyNot !== undefined)('the admin of a cluster of three', () => {
  let cluster: KafkaCluster;
  let admin: Admin;

  beforeAll(async () => {
    cluster = await startKafkaCluster();
    await cluster.ready();
    admin = new Admin({ bootstrapServers: cluster.bootstrap });
  }, LIMIT_MS);
  afterAll(async () => {
    await admin?.close();
    await cluster?.stop();
  }, LIMIT_MS);

  it('describes who votes and who leads', async () => {
    const quorum = await admin.describeQuorum();
    expect(quorum.voters.map(({ nodeId }) => nodeId).toSorted((a, b) => a - b)).toEqual([1, 2, 3]);
    expect([1, 2, 3]).toContain(quorum.leaderId);
    expect(quorum.highWatermark).toBeGreaterThan(0);
    const { brokers } = await admin.describeCluster({ includeFencedBrokers: true });
    expect(brokers.map(({ nodeId, isFenced }) => [nodeId, isFenced])).toEqual([
      [1, false],
      [2, false],
      [3, false],
    ]);
  });

  it(
    'moves a partition, shows the move, and elects its preferred leader',
    async () => {
      await admin.createTopics([{ name: 'moved', assignments: [[1, 2]] }]);
      await admin.alterPartitionReassignments([{ topic: 'moved', partition: 0, replicas: [3, 1] }]);
      await until(
        'the replicas are on brokers 3 and 1',
        async () => {
          const ongoing = await admin.listPartitionReassignments();
          for (const { topic, partition, replicas } of ongoing)
            expect([topic, partition, replicas.includes(3)]).toEqual(['moved', 0, true]);
          return ongoing.length === 0;
        },
        LIMIT_MS,
      );
      await admin.electLeaders('preferred', [{ topic: 'moved', partition: 0 }]);
      await until(
        'broker 3 leads',
        async () => (await admin.describeTopics(['moved']))[0]?.partitions[0]?.leaderId === 3,
        LIMIT_MS,
      );
      const [again] = await admin.electLeaders('preferred', [{ topic: 'moved', partition: 0 }]);
      expect(again?.error?.code).toBe('ELECTION_NOT_NEEDED');
    },
    LIMIT_MS,
  );

  it('is told what cannot be', async () => {
    const cancel = [{ topic: 'moved', partition: 0, replicas: null }];
    await expect(admin.alterPartitionReassignments(cancel)).rejects.toMatchObject({
      code: 'NO_REASSIGNMENT_IN_PROGRESS',
    });
    const nowhere = [{ topic: 'moved', partition: 0, replicas: [9] }];
    await expect(admin.alterPartitionReassignments(nowhere)).rejects.toMatchObject({
      code: 'INVALID_REPLICA_ASSIGNMENT',
    });
    await expect(admin.unregisterBroker(9)).rejects.toMatchObject({
      code: 'BROKER_ID_NOT_REGISTERED',
    });
  });

  it('describes features, and refuses a level that nobody knows', async () => {
    const { finalized, supported } = await admin.describeFeatures();
    expect(finalized.get('metadata.version')).toBe(supported.get('metadata.version')?.max);
    await expect(
      admin.updateFeatures([{ feature: 'metadata.version', level: 999 }]),
    ).rejects.toMatchObject({ code: 'INVALID_UPDATE_VERSION' });
    // Static voters: nothing is to be moved here, and the answer says so.
    const directoryId = 'AAAAAAAAAAAAAAAAAAAAAQ';
    await expect(admin.removeRaftVoter({ nodeId: 1, directoryId })).rejects.toMatchObject({
      name: 'BrokerError',
    });
  });
});

import { ErrorCode } from '@ottla/protocol';
import { beforeEach, describe, expect, it } from 'vitest';
import { assigned, directoryOf, TestCluster } from '../../test/support/cluster.ts';
import { createBootstrap, DirectoryId } from '../index.ts';

const [FIRST, SECOND] = [directoryOf(21), directoryOf(22)] as const;
const OFFLINE = directoryOf(23);

let cluster: TestCluster;
beforeEach(() => {
  cluster = new TestCluster().startBrokers(1, 3);
  cluster.register(2, { logDirs: [FIRST, SECOND] });
  cluster.heartbeat(2);
  cluster.createTopic('a', assigned([2, 1], [1, 3]));
});

/** Broker 2 says where its replicas live; returns the error codes by partition. */
function assign(directory: string, partitions: number[], changes = {}): number[] {
  const { errorCode, directories } = cluster.handle('assignReplicasToDirs', {
    brokerId: 2,
    brokerEpoch: cluster.image.cluster.brokers.get(2)?.brokerEpoch ?? -1,
    directories: [
      {
        id: directory,
        topics: [
          {
            topicId: cluster.image.topics.byName.get('a')?.id ?? '',
            partitions: partitions.map((partitionIndex) => ({ partitionIndex })),
            ...changes,
          },
        ],
      },
    ],
  });
  if (errorCode !== 0) return [errorCode];
  return directories[0]?.topics[0]?.partitions.map((partition) => partition.errorCode) ?? [];
}

describe('AssignReplicasToDirs (KIP-858)', () => {
  it('given a broker with several directories, then a replica has none until the broker says so', () => {
    expect(cluster.partition('a').directories).toEqual([DirectoryId.UNASSIGNED, directoryOf(1)]);

    expect(assign(SECOND, [0])).toEqual([ErrorCode.NONE]);

    expect(cluster.partition('a')).toMatchObject({
      directories: [SECOND, directoryOf(1)],
      leader: 2,
      isr: [2, 1],
      leaderEpoch: 0,
      partitionEpoch: 1,
    });
  });

  it('given the directory that is known already, then nothing is written', () => {
    assign(SECOND, [0]);
    const before = cluster.nextOffset;

    expect(assign(SECOND, [0])).toEqual([ErrorCode.NONE]);
    expect(cluster.nextOffset).toBe(before);
  });

  it('given a directory that is offline, then the replica leaves the ISR and leads no more', () => {
    expect(assign(OFFLINE, [0])).toEqual([ErrorCode.NONE]);

    expect(cluster.partition('a')).toMatchObject({
      directories: [OFFLINE, directoryOf(1)],
      leader: 1,
      isr: [1],
    });
  });

  it('given a directory that goes offline later, then its replicas leave', () => {
    assign(SECOND, [0]);

    cluster.heartbeat(2, { offlineLogDirs: [SECOND] });

    expect(cluster.partition('a')).toMatchObject({ leader: 1, isr: [1] });
    expect(cluster.image.cluster.brokers.get(2)?.logDirs).toEqual([FIRST]);
  });

  it('refuses replicas that the broker does not have, and what does not exist', () => {
    expect(assign(FIRST, [1, 2])).toEqual([
      ErrorCode.NOT_LEADER_OR_FOLLOWER,
      ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
    ]);
    const topicId = 'bm8tc3VjaC10b3BpYy1pZA';
    expect(assign(FIRST, [0], { topicId })).toEqual([ErrorCode.UNKNOWN_TOPIC_ID]);
  });

  it('refuses a former incarnation, and a metadata.version without directories', () => {
    const request = { brokerId: 2, brokerEpoch: 0, directories: [] };
    expect(cluster.handle('assignReplicasToDirs', request).errorCode).toBe(
      ErrorCode.STALE_BROKER_EPOCH,
    );

    cluster = new TestCluster({ bootstrap: createBootstrap({ 'metadata.version': 16 }) });
    expect(cluster.handle('assignReplicasToDirs', request).errorCode).toBe(
      ErrorCode.UNSUPPORTED_VERSION,
    );
  });
});

import { ErrorCode } from '@ottla/protocol';
import { beforeEach, describe, expect, it } from 'vitest';
import { assigned, directoryOf, incarnationOf, TestCluster } from '../../test/support/cluster.ts';
import { type BrokerRegistration, createBootstrap, NO_LEADER } from '../index.ts';

let cluster: TestCluster;
beforeEach(() => {
  cluster = new TestCluster();
});

const broker = (id: number): BrokerRegistration | undefined =>
  cluster.image.cluster.brokers.get(id);

describe('BrokerRegistration', () => {
  it('given a new broker, then its epoch is the offset of its record, and it is fenced', () => {
    const offset = cluster.nextOffset;

    expect(cluster.register(1)).toEqual({ throttleTimeMs: 0, errorCode: 0, brokerEpoch: offset });
    expect(broker(1)).toMatchObject({
      brokerEpoch: offset,
      fenced: true,
      inControlledShutdown: false,
    });
  });

  it('given the same incarnation again, then the epoch and its state stay', () => {
    cluster.startBrokers(1);
    const epoch = broker(1)?.brokerEpoch;

    const endPoint = { name: 'PLAINTEXT', host: 'other', port: 1, securityProtocol: 0 };
    expect(cluster.register(1, { listeners: [endPoint] }).brokerEpoch).toBe(epoch);

    expect(broker(1)).toMatchObject({ fenced: false, endPoints: [endPoint] });
  });

  it('given another incarnation while the session lives, then it has to wait', () => {
    cluster.startBrokers(1);
    const restarted = { incarnationId: incarnationOf(1, 1) };

    expect(cluster.register(1, restarted).errorCode).toBe(ErrorCode.DUPLICATE_BROKER_REGISTRATION);

    cluster.nowMs += 9001;
    expect(cluster.register(1, restarted).errorCode).toBe(ErrorCode.NONE);
    expect(broker(1)).toMatchObject({ fenced: true, incarnationId: incarnationOf(1, 1) });
  });

  it('given a restart, then the old incarnation leads nothing any more', () => {
    cluster.startBrokers(1, 2);
    cluster.createTopic('a', assigned([1, 2]));

    cluster.nowMs += 9001;
    cluster.register(1, { incarnationId: incarnationOf(1, 1) });

    expect(cluster.partition('a')).toMatchObject({ leader: 2, isr: [2], leaderEpoch: 1 });
  });

  const metadataVersion = {
    name: 'metadata.version',
    minSupportedVersion: 7,
    maxSupportedVersion: 30,
  };
  const kraft = { name: 'kraft.version', minSupportedVersion: 0, maxSupportedVersion: 1 };
  it.each([
    ['another cluster', { clusterId: 'other' }, 'INCONSISTENT_CLUSTER_ID'],
    ['no directory', { logDirs: [] }, 'INVALID_REGISTRATION'],
    ['a reserved directory', { logDirs: ['AAAAAAAAAAAAAAAAAAAAAQ'] }, 'INVALID_REGISTRATION'],
    ['a directory twice', { logDirs: [directoryOf(1), directoryOf(1)] }, 'INVALID_REGISTRATION'],
    ["another broker's directory", { logDirs: [directoryOf(2)] }, 'INVALID_REGISTRATION'],
    ['no metadata.version', { features: [kraft] }, 'INVALID_REGISTRATION'],
    [
      'an older metadata.version',
      { features: [kraft, { ...metadataVersion, maxSupportedVersion: 29 }] },
      'UNSUPPORTED_VERSION',
    ],
    ['no kraft.version', { features: [metadataVersion] }, 'UNSUPPORTED_VERSION'],
    ['a ZooKeeper broker', { isMigratingZkBroker: true }, 'BROKER_ID_NOT_REGISTERED'],
  ] as const)('refuses %s', (_what, changes, error) => {
    cluster.startBrokers(2);
    const before = cluster.nextOffset;

    const { logDirs, features, ...rest } = { logDirs: undefined, features: undefined, ...changes };
    const result = cluster.register(1, {
      ...rest,
      ...(logDirs === undefined ? {} : { logDirs: [...logDirs] }),
      ...(features === undefined ? {} : { features: [...features] }),
    });

    expect(result).toEqual({ throttleTimeMs: 0, errorCode: ErrorCode[error], brokerEpoch: -1 });
    expect(cluster.nextOffset).toBe(before);
  });

  it('given a finalized feature that the broker does not name, then it is refused', () => {
    cluster = new TestCluster({ bootstrap: createBootstrap({ 'group.version': 1 }) });

    expect(cluster.register(1).errorCode).toBe(ErrorCode.UNSUPPORTED_VERSION);
  });
});

describe('BrokerHeartbeat', () => {
  it('given a broker that has not read its own registration, then it stays fenced', () => {
    cluster.register(1);
    const currentMetadataOffset = cluster.nextOffset - 2;

    expect(cluster.heartbeat(1, { currentMetadataOffset })).toMatchObject({
      isCaughtUp: false,
      isFenced: true,
      shouldShutDown: false,
    });
    expect(cluster.heartbeat(1)).toMatchObject({ isCaughtUp: true, isFenced: false });
    expect(broker(1)?.fenced).toBe(false);
  });

  it('given another epoch, or nobody registered, then the epoch is stale', () => {
    cluster.register(1);

    expect(cluster.heartbeat(1, { brokerEpoch: 77 }).errorCode).toBe(ErrorCode.STALE_BROKER_EPOCH);
    expect(cluster.heartbeat(2).errorCode).toBe(ErrorCode.STALE_BROKER_EPOCH);
  });

  it('given silence beyond the session timeout, then the broker is fenced and its partitions move', () => {
    cluster.startBrokers(1, 2);
    cluster.createTopic('a', assigned([1, 2]));
    cluster.nowMs += 9000;
    cluster.heartbeat(2);
    cluster.fenceStale();
    expect(broker(1)?.fenced).toBe(false);

    cluster.nowMs += 1;
    cluster.fenceStale();

    expect(broker(1)?.fenced).toBe(true);
    expect(broker(2)?.fenced).toBe(false);
    expect(cluster.partition('a')).toMatchObject({ leader: 2, isr: [2], leaderEpoch: 1 });
  });

  it('given the last member of an ISR goes, then it stays in the ISR and nobody leads until it is back', () => {
    cluster.startBrokers(1, 2);
    cluster.createTopic('a', assigned([1]));

    cluster.heartbeat(1, { wantFence: true });
    expect(cluster.partition('a')).toMatchObject({ leader: NO_LEADER, isr: [1], leaderEpoch: 1 });

    cluster.heartbeat(1);
    expect(cluster.partition('a')).toMatchObject({ leader: 1, isr: [1], leaderEpoch: 2 });
  });

  it('given a replica outside the ISR, when nobody else is left, then it leads only where unclean elections are allowed', () => {
    cluster.startBrokers(1, 2);
    cluster.createTopic('clean', assigned([1, 2]));
    cluster.createTopic('unclean', {
      ...assigned([1, 2]),
      configs: [{ name: 'unclean.leader.election.enable', value: 'true' }],
    });
    cluster.heartbeat(2, { wantFence: true });
    cluster.heartbeat(1, { wantFence: true });

    cluster.heartbeat(2);

    expect(cluster.partition('clean')).toMatchObject({ leader: NO_LEADER, isr: [1] });
    expect(cluster.partition('unclean')).toMatchObject({
      leader: 2,
      isr: [2],
      leaderRecoveryState: 1,
    });
  });

  it('given a controlled shutdown, then leaders move first, and it may stop when all have read so', () => {
    cluster.startBrokers(1, 2);
    cluster.createTopic('a', assigned([1, 2]));

    expect(cluster.heartbeat(1, { wantShutDown: true })).toMatchObject({
      shouldShutDown: false,
      isFenced: false,
    });
    expect(broker(1)?.inControlledShutdown).toBe(true);
    expect(cluster.partition('a')).toMatchObject({ leader: 2, isr: [2] });
    expect(cluster.heartbeat(1, { wantShutDown: true }).shouldShutDown).toBe(false);

    cluster.heartbeat(2);
    expect(cluster.heartbeat(1, { wantShutDown: true })).toMatchObject({
      shouldShutDown: true,
      isFenced: true,
    });
    expect(broker(1)?.fenced).toBe(true);
  });

  it('given a broker that leads nothing, then it may stop at once', () => {
    cluster.startBrokers(1);

    expect(cluster.heartbeat(1, { wantShutDown: true }).shouldShutDown).toBe(true);
  });

  it('given the only broker, which leads, then it stops after its partitions have no leader', () => {
    cluster.startBrokers(1);
    cluster.createTopic('a');

    expect(cluster.heartbeat(1, { wantShutDown: true }).shouldShutDown).toBe(false);
    expect(cluster.heartbeat(1, { wantShutDown: true }).shouldShutDown).toBe(true);
    expect(cluster.partition('a')).toMatchObject({ leader: NO_LEADER, isr: [1] });
  });

  it('given a log directory that went offline, then its replicas leave their ISRs', () => {
    const logDirs = [directoryOf(1), directoryOf(7)];
    cluster.startBrokers(2);
    cluster.register(1, { logDirs: [directoryOf(1)] });
    cluster.heartbeat(1);
    cluster.createTopic('a', assigned([1, 2]));
    cluster.register(1, { logDirs });

    cluster.heartbeat(1, { offlineLogDirs: [directoryOf(1)] });

    expect(broker(1)?.logDirs).toEqual([directoryOf(7)]);
    expect(cluster.partition('a')).toMatchObject({ leader: 2, isr: [2] });
  });

  it('given cordoned directories, then no new replica is placed there', () => {
    cluster.startBrokers(1, 2);
    cluster.heartbeat(1, { cordonedLogDirs: [directoryOf(1)] });
    const before = cluster.nextOffset;
    cluster.heartbeat(1, { cordonedLogDirs: [directoryOf(1)] });
    expect(cluster.nextOffset).toBe(before);

    cluster.createTopic('a', { numPartitions: 4 });

    expect(cluster.image.topics.byName.get('a')?.partitions.map(({ leader }) => leader)).toEqual([
      2, 2, 2, 2,
    ]);
  });
});

describe('the broker in the process of the active controller', () => {
  const OWN = 100;

  /** It served, then the process ended, and the controller of the new process leads. */
  beforeEach(() => {
    cluster.startBrokers(1, OWN);
    cluster.append(cluster.controller.activate(cluster.nowMs));
  });

  it('given a new incarnation, then it need not wait for the session of a process that is gone', () => {
    const restarted = { incarnationId: incarnationOf(OWN, 1) };

    expect(cluster.register(OWN, restarted).errorCode).toBe(ErrorCode.NONE);
    expect(cluster.register(1, { incarnationId: incarnationOf(1, 1) }).errorCode).toBe(
      ErrorCode.DUPLICATE_BROKER_REGISTRATION,
    );
  });

  it('given it lives on, then another incarnation waits as everywhere', () => {
    cluster.heartbeat(OWN);

    expect(cluster.register(OWN, { incarnationId: incarnationOf(OWN, 1) }).errorCode).toBe(
      ErrorCode.DUPLICATE_BROKER_REGISTRATION,
    );
  });

  it('given it never comes, then it is fenced after a session', () => {
    cluster.nowMs += 9001;
    cluster.fenceStale();

    expect(broker(OWN)?.fenced).toBe(true);
  });
});

describe('UnregisterBroker', () => {
  it('takes the broker out of every ISR and out of the cluster', () => {
    cluster.startBrokers(1, 2);
    cluster.createTopic('a', assigned([1, 2]));

    expect(cluster.handle('unregisterBroker', { brokerId: 1 }).errorCode).toBe(ErrorCode.NONE);

    expect(broker(1)).toBeUndefined();
    expect(cluster.partition('a')).toMatchObject({ leader: 2, isr: [2], replicas: [1, 2] });
    expect(cluster.handle('unregisterBroker', { brokerId: 1 })).toEqual({
      throttleTimeMs: 0,
      errorCode: ErrorCode.BROKER_ID_NOT_REGISTERED,
      errorMessage: 'Broker ID 1 is not currently registered',
    });
  });
});

describe('ControllerRegistration', () => {
  const request = {
    controllerId: 100,
    incarnationId: incarnationOf(5),
    zkMigrationReady: false,
    listeners: [{ name: 'CONTROLLER', host: 'localhost', port: 9093, securityProtocol: 0 }],
    features: [],
  };

  it('keeps the listeners of a controller', () => {
    expect(cluster.handle('registerController', request).errorCode).toBe(ErrorCode.NONE);
    expect(cluster.image.cluster.controllers.get(100)?.endPoints[0]?.port).toBe(9093);
  });

  it('given a metadata.version before 3.7, then it is refused', () => {
    cluster = new TestCluster({ bootstrap: createBootstrap({ 'metadata.version': 14 }) });

    expect(cluster.handle('registerController', request).errorCode).toBe(
      ErrorCode.UNSUPPORTED_VERSION,
    );
  });
});

describe('preferred leaders', () => {
  it('given a preferred leader that is in sync again, then it leads again', () => {
    cluster.startBrokers(1, 2);
    cluster.createTopic('a', assigned([1, 2]));
    cluster.heartbeat(1, { wantFence: true });
    cluster.heartbeat(1);
    const rebalance = (): void =>
      void cluster.append(cluster.controller.electPreferredLeaders(cluster.moment));
    rebalance();
    expect(cluster.partition('a').leader).toBe(2);

    const { partitionEpoch, leaderEpoch } = cluster.partition('a');
    cluster.handle('alterPartition', {
      brokerId: 2,
      brokerEpoch: broker(2)?.brokerEpoch ?? -1,
      topics: [
        {
          topicId: cluster.image.topics.byName.get('a')?.id ?? '',
          partitions: [
            {
              partitionIndex: 0,
              leaderEpoch,
              newIsr: [],
              newIsrWithEpochs: [2, 1].map((brokerId) => ({ brokerId, brokerEpoch: -1 })),
              leaderRecoveryState: 0,
              partitionEpoch,
            },
          ],
        },
      ],
    });
    rebalance();

    expect(cluster.partition('a')).toMatchObject({ leader: 1, isr: [2, 1] });
  });
});

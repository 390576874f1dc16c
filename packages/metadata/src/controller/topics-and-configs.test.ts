import { ErrorCode, ZERO_UUID } from '@ottla/protocol';
import { beforeEach, describe, expect, it } from 'vitest';
import { assigned, TestCluster } from '../../test/support/cluster.ts';
import {
  ConfigResourceType,
  configsOf,
  type ControllerRequest,
  type ControllerResponse,
  topicByName,
} from '../index.ts';

const { TOPIC, BROKER, GROUP, CLIENT_METRICS, BROKER_LOGGER } = ConfigResourceType;

let cluster: TestCluster;
beforeEach(() => {
  cluster = new TestCluster().startBrokers(1, 2);
  cluster.createTopic('a.topic', { numPartitions: 2, replicationFactor: 2 });
});

describe('DeleteTopics', () => {
  const topicId = (): string => topicByName(cluster.image, 'a.topic')?.id ?? '';

  function deleteTopics(
    topics: ControllerRequest<'deleteTopics'>['topics'],
    topicNames: string[] = [],
    apiVersion = 6,
  ): ControllerResponse<'deleteTopics'>['responses'] {
    const request = { topics, topicNames, timeoutMs: 1000 };
    return cluster.handle('deleteTopics', request, apiVersion).responses;
  }

  it('deletes by id, and configs and the collision go with the topic', () => {
    const id = topicId();
    setConfigs(TOPIC, 'a.topic', [['retention.ms', 0, '5']]);

    const [result] = deleteTopics([{ name: null, topicId: id }]);

    expect(result).toEqual({ name: 'a.topic', topicId: id, errorCode: 0, errorMessage: null });
    expect(topicByName(cluster.image, 'a.topic')).toBeUndefined();
    expect(cluster.image.configs.size).toBe(0);
    expect(cluster.createTopic('a_topic').errorCode).toBe(ErrorCode.NONE);
  });

  it('deletes by name in old and new versions', () => {
    cluster.createTopic('b');

    const old = deleteTopics([], ['a.topic'], 5);
    const recent = deleteTopics([{ name: 'b', topicId: ZERO_UUID }]);

    expect([...old, ...recent].map(({ errorCode }) => errorCode)).toEqual([0, 0]);
    expect(cluster.image.topics.byName.size).toBe(0);
    expect(cluster.image.topics.nameById.size).toBe(0);
  });

  it('refuses what does not exist, what says nothing, and what says too much', () => {
    const results = deleteTopics([
      { name: 'none', topicId: ZERO_UUID },
      { name: null, topicId: 'abcdefghijklmnopqrstuQ' },
      { name: null, topicId: ZERO_UUID },
      { name: 'a.topic', topicId: topicId() },
    ]);

    expect(results.map(({ errorCode, errorMessage }) => [errorCode, errorMessage])).toEqual([
      [ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, 'This server does not host this topic-partition.'],
      [ErrorCode.UNKNOWN_TOPIC_ID, 'This server does not host this topic ID.'],
      [ErrorCode.INVALID_REQUEST, 'Neither topic name nor id were specified.'],
      [ErrorCode.INVALID_REQUEST, 'You may not specify both topic name and topic id.'],
    ]);
    expect(topicByName(cluster.image, 'a.topic')).toBeDefined();
  });

  it('given one topic twice, by name or by id, then it is not deleted', () => {
    const byName = deleteTopics([], ['a.topic', 'a.topic'], 5);
    const id = { name: null, topicId: topicId() };
    const byId = deleteTopics([id, id]);

    expect(byName).toMatchObject([{ name: 'a.topic', errorMessage: 'Duplicate topic name.' }]);
    expect(byId).toMatchObject([{ name: null, errorMessage: 'Duplicate topic id.' }]);
    expect(topicByName(cluster.image, 'a.topic')).toBeDefined();
  });

  it('given deletion switched off, then old versions hear another error than new ones', () => {
    cluster = new TestCluster({ deleteTopicEnable: false }).startBrokers(1);
    cluster.createTopic('a.topic');

    const [old] = deleteTopics([], ['a.topic'], 2);
    const [recent] = deleteTopics([], ['a.topic'], 3);

    expect(old?.errorCode).toBe(ErrorCode.INVALID_REQUEST);
    expect(recent?.errorCode).toBe(ErrorCode.TOPIC_DELETION_DISABLED);
  });
});

describe('CreatePartitions', () => {
  function grow(
    name: string,
    count: number,
    assignments: number[][] | null = null,
    validateOnly = false,
  ): ControllerResponse<'createPartitions'>['results'][number] | undefined {
    const wanted = assignments?.map((brokerIds) => ({ brokerIds })) ?? null;
    const topics = [{ name, count, assignments: wanted }];
    return cluster.handle('createPartitions', { topics, timeoutMs: 1000, validateOnly }).results[0];
  }

  it('adds partitions behind those that exist, with as many replicas', () => {
    const before = topicByName(cluster.image, 'a.topic')?.partitions;

    expect(grow('a.topic', 5)?.errorCode).toBe(ErrorCode.NONE);

    const after = topicByName(cluster.image, 'a.topic')?.partitions ?? [];
    expect(after).toHaveLength(5);
    expect(after.slice(0, 2)).toEqual(before);
    expect(after.every(({ replicas }) => replicas.length === 2)).toBe(true);
  });

  it('takes manual assignments, and validateOnly writes nothing', () => {
    expect(grow('a.topic', 3, [[2, 1]], true)?.errorCode).toBe(ErrorCode.NONE);
    expect(topicByName(cluster.image, 'a.topic')?.partitions).toHaveLength(2);

    expect(grow('a.topic', 3, [[2, 1]])?.errorCode).toBe(ErrorCode.NONE);
    expect(cluster.partition('a.topic', 2)).toMatchObject({ replicas: [2, 1], leader: 2 });
  });

  it.each([
    ['an unknown topic', 'none', 3, null, 'UNKNOWN_TOPIC_OR_PARTITION', null],
    [
      'as many as there are',
      'a.topic',
      2,
      null,
      'INVALID_PARTITIONS',
      'Topic already has 2 partition(s).',
    ],
    [
      'fewer than there are',
      'a.topic',
      1,
      null,
      'INVALID_PARTITIONS',
      'The topic a.topic currently has 2 partition(s); 1 would not be an increase.',
    ],
    [
      'too few assignments',
      'a.topic',
      4,
      [[1, 2]],
      'INVALID_REPLICA_ASSIGNMENT',
      'Attempted to add 2 additional partition(s), but only 1 assignment(s) were specified.',
    ],
    [
      'another replication factor',
      'a.topic',
      3,
      [[1]],
      'INVALID_REPLICA_ASSIGNMENT',
      'The manual partition assignment includes a partition with 1 replica(s), but this is not consistent with previous partitions, which have 2 replica(s).',
    ],
    [
      'more than one operation writes',
      'a.topic',
      20_000,
      null,
      'POLICY_VIOLATION',
      'Unable to perform excessively large batch operation.',
    ],
  ] as const)('refuses %s', (_what, name, count, assignments, error, errorMessage) => {
    const replicas = assignments?.map((ids) => [...ids]) ?? null;

    expect(grow(name, count, replicas)).toEqual({
      name,
      errorCode: ErrorCode[error],
      errorMessage,
    });
  });
});

type Change = readonly [name: string, operation: number, value: string | null];

function setConfigs(
  resourceType: number,
  resourceName: string,
  changes: readonly Change[],
  validateOnly = false,
): ControllerResponse<'incrementalAlterConfigs'>['responses'][number] | undefined {
  const configs = changes.map(([name, configOperation, value]) => ({
    name,
    configOperation,
    value,
  }));
  const resources = [{ resourceType, resourceName, configs }];
  return cluster.handle('incrementalAlterConfigs', { resources, validateOnly }).responses[0];
}

const topicConfigs = (): Record<string, string> =>
  Object.fromEntries(configsOf(cluster.image, { type: TOPIC, name: 'a.topic' }));

describe('IncrementalAlterConfigs', () => {
  it('sets, appends, subtracts and deletes', () => {
    setConfigs(TOPIC, 'a.topic', [['retention.ms', 0, '5']]);
    setConfigs(TOPIC, 'a.topic', [['cleanup.policy', 2, 'compact']]);
    expect(topicConfigs()).toEqual({ 'retention.ms': '5', 'cleanup.policy': 'delete,compact' });

    setConfigs(TOPIC, 'a.topic', [
      ['cleanup.policy', 3, 'delete'],
      ['retention.ms', 1, null],
    ]);

    expect(topicConfigs()).toEqual({ 'cleanup.policy': 'compact' });
  });

  it('given a topic config that stays, then nothing is written; given a broker config, then it is', () => {
    setConfigs(TOPIC, 'a.topic', [['retention.ms', 0, '5']]);
    setConfigs(BROKER, '1', [['log.cleaner.threads', 0, '2']]);
    const before = cluster.nextOffset;

    setConfigs(TOPIC, 'a.topic', [['retention.ms', 0, '5']]);
    expect(cluster.nextOffset).toBe(before);

    setConfigs(BROKER, '1', [['log.cleaner.threads', 0, '2']]);
    expect(cluster.nextOffset).toBe(before + 1);
  });

  it('takes the whole cluster, groups and client metrics as resources', () => {
    const codes = [
      setConfigs(BROKER, '', [['x', 0, '1']]),
      setConfigs(GROUP, 'g', [['x', 0, '1']]),
      setConfigs(CLIENT_METRICS, 'm', [['metrics', 2, 'a,b']]),
    ].map((result) => result?.errorCode);

    expect(codes).toEqual([0, 0, 0]);
    const metrics = configsOf(cluster.image, { type: CLIENT_METRICS, name: 'm' });
    expect(metrics.get('metrics')).toBe('a,b');
  });

  it('given validateOnly, then nothing is written', () => {
    expect(setConfigs(TOPIC, 'a.topic', [['retention.ms', 0, '5']], true)?.errorCode).toBe(0);
    expect(topicConfigs()).toEqual({});
  });

  it.each([
    [
      'an unknown topic',
      TOPIC,
      'none',
      'x',
      0,
      '1',
      'UNKNOWN_TOPIC_OR_PARTITION',
      "The topic 'none' does not exist.",
    ],
    [
      'no topic name',
      TOPIC,
      '',
      'x',
      0,
      '1',
      'INVALID_REQUEST',
      'Default topic resources are not allowed.',
    ],
    [
      'a bad topic name',
      TOPIC,
      '?',
      'x',
      0,
      '1',
      'INVALID_TOPIC_EXCEPTION',
      /^Topic name is invalid/,
    ],
    [
      'an unknown broker',
      BROKER,
      '9',
      'x',
      0,
      '1',
      'BROKER_ID_NOT_REGISTERED',
      'No node with id 9 found.',
    ],
    [
      'no number as broker',
      BROKER,
      'one',
      'x',
      0,
      '1',
      'INVALID_REQUEST',
      'Unable to parse broker name as a base 10 number.',
    ],
    [
      'a negative broker',
      BROKER,
      '-1',
      'x',
      0,
      '1',
      'INVALID_REQUEST',
      'Invalid negative broker ID.',
    ],
    [
      'no group name',
      GROUP,
      '',
      'x',
      0,
      '1',
      'INVALID_REQUEST',
      'Default group resources are not allowed.',
    ],
    ['loggers', BROKER_LOGGER, '1', 'x', 0, '1', 'INVALID_REQUEST', 'Unknown resource type 8'],
    ['an unknown kind', 77, 'x', 'x', 0, '1', 'UNSUPPORTED_VERSION', 'Unknown resource type 77.'],
    [
      'an unknown operation',
      TOPIC,
      'a.topic',
      'x',
      9,
      '1',
      'INVALID_REQUEST',
      /Unknown operation type 9/,
    ],
    [
      'null to be set',
      TOPIC,
      'a.topic',
      'x',
      0,
      null,
      'INVALID_REQUEST',
      'Null value not supported for : x',
    ],
    [
      'appending to what is no list',
      TOPIC,
      'a.topic',
      'retention.ms',
      2,
      '1',
      'INVALID_CONFIG',
      "Can't APPEND to key retention.ms because its type is not LIST.",
    ],
    ['a bad value', TOPIC, 'a.topic', 'retention.ms', 0, 'x', 'INVALID_CONFIG', /^Invalid value x/],
    [
      'a value beyond a string',
      GROUP,
      'g',
      'x',
      0,
      'v'.repeat(32_768),
      'INVALID_CONFIG',
      /maximum value size/,
    ],
  ] as const)('refuses %s', (_what, type, resource, name, operation, value, error, message) => {
    const before = cluster.nextOffset;

    const result = setConfigs(type, resource, [[name, operation, value]]);

    expect(result?.errorCode).toBe(ErrorCode[error]);
    expect(result?.errorMessage).toMatch(message);
    expect(cluster.nextOffset).toBe(before);
  });

  it('given one bad key among good ones, then none of the resource is changed', () => {
    setConfigs(TOPIC, 'a.topic', [
      ['cleanup.policy', 0, 'compact'],
      ['retention.ms', 0, 'x'],
    ]);

    expect(topicConfigs()).toEqual({});
  });

  it('given a resource twice, then it is refused once', () => {
    const resource = {
      resourceType: TOPIC,
      resourceName: 'a.topic',
      configs: [{ name: 'retention.ms', configOperation: 0, value: '5' }],
    };
    const { responses } = cluster.handle('incrementalAlterConfigs', {
      resources: [resource, resource],
      validateOnly: false,
    });

    expect(responses).toMatchObject([
      { errorCode: ErrorCode.INVALID_REQUEST, errorMessage: 'Duplicate resource.' },
    ]);
    expect(topicConfigs()).toEqual({});
  });
});

describe('AlterConfigs', () => {
  it('replaces everything: what is not named is gone', () => {
    setConfigs(TOPIC, 'a.topic', [
      ['retention.ms', 0, '5'],
      ['cleanup.policy', 0, 'compact'],
    ]);

    const resource = {
      resourceType: TOPIC,
      resourceName: 'a.topic',
      configs: [{ name: 'retention.ms', value: '6' }],
    };
    const request = { resources: [resource], validateOnly: false };
    const [result] = cluster.handle('alterConfigs', request).responses;

    expect(result).toEqual({
      errorCode: 0,
      errorMessage: null,
      resourceType: TOPIC,
      resourceName: 'a.topic',
    });
    expect(topicConfigs()).toEqual({ 'retention.ms': '6' });
  });
});

describe('AllocateProducerIds', () => {
  it('gives every caller a block of its own', () => {
    const brokerEpoch = cluster.image.cluster.brokers.get(1)?.brokerEpoch ?? -1;

    const starts = [1, 2].map(
      () => cluster.handle('allocateProducerIds', { brokerId: 1, brokerEpoch }).producerIdStart,
    );

    expect(starts).toEqual([0, 1000]);
  });

  it('given a stale epoch, then no block is lost', () => {
    const result = cluster.handle('allocateProducerIds', { brokerId: 1, brokerEpoch: 77 });

    expect(result).toMatchObject({ errorCode: ErrorCode.STALE_BROKER_EPOCH, producerIdLen: 0 });
    expect(cluster.image.producerIds).toBeUndefined();
  });
});

describe('AlterPartition', () => {
  function alter(
    newIsr: Array<readonly [id: number, epoch: number]>,
    changes: {
      partitionEpoch?: number;
      leaderEpoch?: number;
      brokerId?: number;
      recovery?: number;
    } = {},
  ): number | undefined {
    const partition = cluster.partition('p');
    const brokerId = changes.brokerId ?? partition.leader;
    const brokerEpoch = cluster.image.cluster.brokers.get(brokerId)?.brokerEpoch ?? -1;
    const response = cluster.handle('alterPartition', {
      brokerId,
      brokerEpoch,
      topics: [
        {
          topicId: topicByName(cluster.image, 'p')?.id ?? '',
          partitions: [
            {
              partitionIndex: 0,
              leaderEpoch: changes.leaderEpoch ?? partition.leaderEpoch,
              newIsr: [],
              newIsrWithEpochs: newIsr.map(([id, epoch]) => ({ brokerId: id, brokerEpoch: epoch })),
              leaderRecoveryState: changes.recovery ?? 0,
              partitionEpoch: changes.partitionEpoch ?? partition.partitionEpoch,
            },
          ],
        },
      ],
    });
    return response.errorCode === 0
      ? response.topics[0]?.partitions[0]?.errorCode
      : response.errorCode;
  }

  beforeEach(() => void cluster.createTopic('p', assigned([1, 2])));

  it('shrinks and grows the ISR; the leader epoch stays and the partition epoch moves', () => {
    expect(alter([[1, -1]])).toBe(ErrorCode.NONE);
    expect(cluster.partition('p')).toMatchObject({ isr: [1], leaderEpoch: 0, partitionEpoch: 1 });

    expect(
      alter([
        [1, -1],
        [2, -1],
      ]),
    ).toBe(ErrorCode.NONE);
    expect(cluster.partition('p')).toMatchObject({
      isr: [1, 2],
      leaderEpoch: 0,
      partitionEpoch: 2,
    });
  });

  it.each([
    ['a stale partition epoch', [[1, -1]], { partitionEpoch: -1 }, 'INVALID_UPDATE_VERSION'],
    ['a partition epoch from the future', [[1, -1]], { partitionEpoch: 9 }, 'NOT_CONTROLLER'],
    ['a stale leader epoch', [[1, -1]], { leaderEpoch: -1 }, 'FENCED_LEADER_EPOCH'],
    ['a leader epoch from the future', [[1, -1]], { leaderEpoch: 1 }, 'NOT_CONTROLLER'],
    ['somebody who does not lead', [[2, -1]], { brokerId: 2 }, 'INVALID_REQUEST'],
    ['a broker that is not registered', [[1, -1]], { brokerId: 7 }, 'STALE_BROKER_EPOCH'],
    ['an ISR without the leader', [[2, -1]], {}, 'INVALID_REQUEST'],
    ['an empty ISR', [], {}, 'INVALID_REQUEST'],
    [
      'a member that is no replica',
      [
        [1, -1],
        [3, -1],
      ],
      {},
      'INVALID_REQUEST',
    ],
    [
      'a member twice',
      [
        [1, -1],
        [1, -1],
      ],
      {},
      'INVALID_REQUEST',
    ],
    ['recovery that nobody ordered', [[1, -1]], { recovery: 1 }, 'INVALID_REQUEST'],
    [
      'a member of another incarnation',
      [
        [1, -1],
        [2, 77],
      ],
      {},
      'INELIGIBLE_REPLICA',
    ],
  ] as ReadonlyArray<
    readonly [string, Array<[number, number]>, Parameters<typeof alter>[1], keyof typeof ErrorCode]
  >)('refuses %s', (_what, isr, changes, error) => {
    const before = cluster.nextOffset;

    expect(alter(isr, changes)).toBe(ErrorCode[error]);
    expect(cluster.nextOffset).toBe(before);
  });

  it('given version 2, then the ISR comes without broker epochs', () => {
    const { leader, leaderEpoch, partitionEpoch } = cluster.partition('p');
    const data = { partitionIndex: 0, leaderEpoch, partitionEpoch, leaderRecoveryState: 0 };
    const partitions = [{ ...data, newIsr: [1], newIsrWithEpochs: [] }];
    const topicId = topicByName(cluster.image, 'p')?.id ?? '';
    const brokerEpoch = cluster.image.cluster.brokers.get(leader)?.brokerEpoch ?? -1;

    const request = { brokerId: leader, brokerEpoch, topics: [{ topicId, partitions }] };
    const { topics } = cluster.handle('alterPartition', request, 2);

    expect(topics[0]?.partitions[0]).toMatchObject({ errorCode: 0, isr: [1], partitionEpoch: 1 });
  });

  it('given a fenced follower, then it is not let into the ISR', () => {
    cluster.heartbeat(2, { wantFence: true });

    expect(
      alter([
        [1, -1],
        [2, -1],
      ]),
    ).toBe(ErrorCode.INELIGIBLE_REPLICA);
  });
});

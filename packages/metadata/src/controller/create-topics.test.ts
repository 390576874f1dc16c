import { ErrorCode } from '@ottla/protocol';
import { beforeEach, describe, expect, it } from 'vitest';
import { assigned, TestCluster } from '../../test/support/cluster.ts';
import { ConfigResourceType, configsOf, topicById, topicByName } from '../index.ts';

describe('CreateTopics', () => {
  let cluster: TestCluster;
  beforeEach(() => {
    cluster = new TestCluster().startBrokers(1, 2, 3);
  });

  it('given three brokers, when a topic of 6 partitions and 3 replicas is made, then leaders are spread evenly', () => {
    const result = cluster.createTopic('orders', { numPartitions: 6, replicationFactor: 3 });

    expect(result).toMatchObject({ errorCode: 0, numPartitions: 6, replicationFactor: 3 });
    const topic = topicById(cluster.image, result.topicId);
    expect(topic?.name).toBe('orders');
    const leaders = topic?.partitions.map(({ leader }) => leader).toSorted((a, b) => a - b);
    expect(leaders).toEqual([1, 1, 2, 2, 3, 3]);
    for (const partition of topic?.partitions ?? []) {
      expect(new Set(partition.isr)).toEqual(new Set([1, 2, 3]));
      expect(partition).toMatchObject({ leaderEpoch: 0, partitionEpoch: 0 });
    }
  });

  it('given configs, then they are stored before the partitions and shown in the answer', () => {
    const result = cluster.createTopic('orders', {
      configs: [{ name: 'retention.ms', value: '5' }],
    });

    expect(result.configs).toMatchObject([{ name: 'retention.ms', value: '5', configSource: 1 }]);
    expect(cluster.log.at(-1)?.records.map(({ type }) => type)).toEqual([
      'TopicRecord',
      'ConfigRecord',
      'PartitionRecord',
    ]);
    const resource = { type: ConfigResourceType.TOPIC, name: 'orders' };
    expect(configsOf(cluster.image, resource)).toEqual(new Map([['retention.ms', '5']]));
  });

  it('given −1 for partitions and replicas, then the defaults hold', () => {
    const defaults = { defaultNumPartitions: 4, defaultReplicationFactor: (n: number) => n - 1 };
    const other = new TestCluster(defaults).startBrokers(1, 2, 3);

    const result = other.createTopic('orders', { numPartitions: -1, replicationFactor: -1 });

    expect(result).toMatchObject({ errorCode: 0, numPartitions: 4, replicationFactor: 2 });
  });

  it('given validateOnly, then the answer is as always and nothing is written', () => {
    const before = cluster.nextOffset;

    const result = cluster.createTopic('orders', {}, true);

    expect(result).toMatchObject({ errorCode: 0, numPartitions: 1 });
    expect(cluster.nextOffset).toBe(before);
    expect(topicByName(cluster.image, 'orders')).toBeUndefined();
  });

  it('given manual assignments, then exactly these are taken, fenced brokers outside the ISR', () => {
    cluster.heartbeat(3, { wantFence: true });

    cluster.createTopic('orders', assigned([3, 1], [2, 3]));

    expect(cluster.partition('orders', 0)).toMatchObject({ replicas: [3, 1], isr: [1], leader: 1 });
    expect(cluster.partition('orders', 1)).toMatchObject({ replicas: [2, 3], isr: [2], leader: 2 });
  });

  it('given one good and one bad topic, then the good one is made', () => {
    const topic = { numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] };
    const { topics } = cluster.handle('createTopics', {
      topics: [
        { ...topic, name: 'good' },
        { ...topic, name: 'bad!' },
      ],
      timeoutMs: 1000,
      validateOnly: false,
    });

    expect(topics.map(({ errorCode }) => errorCode)).toEqual([
      ErrorCode.NONE,
      ErrorCode.INVALID_TOPIC_EXCEPTION,
    ]);
    expect(topicByName(cluster.image, 'good')).toBeDefined();
  });

  it('given a name twice, then neither is made', () => {
    const topic = {
      name: 'twice',
      numPartitions: 1,
      replicationFactor: 1,
      assignments: [],
      configs: [],
    };
    const { topics } = cluster.handle('createTopics', {
      topics: [topic, topic],
      timeoutMs: 1000,
      validateOnly: false,
    });

    expect(topics).toMatchObject([
      { errorCode: ErrorCode.INVALID_REQUEST, errorMessage: 'Duplicate topic name.' },
    ]);
    expect(topicByName(cluster.image, 'twice')).toBeUndefined();
  });

  it('given more than 10,000 partitions in all, then the whole request is refused', () => {
    const result = cluster.createTopic('huge', { numPartitions: 10_001 });

    expect(result).toMatchObject({
      errorCode: ErrorCode.POLICY_VIOLATION,
      errorMessage: 'Excessively large number of partitions per request.',
    });
  });

  it('given more records than one operation may write, then the topic is refused whole', () => {
    const small = new TestCluster({ recordsPerOperationMax: 5 }).startBrokers(1);

    const result = small.createTopic('wide', { numPartitions: 5 });

    expect(result.errorCode).toBe(ErrorCode.POLICY_VIOLATION);
    expect(topicByName(small.image, 'wide')).toBeUndefined();
  });

  it('given no broker that serves, then nothing can be placed', () => {
    const empty = new TestCluster();
    empty.register(1);

    expect(empty.createTopic('orders')).toMatchObject({
      errorCode: ErrorCode.INVALID_REPLICATION_FACTOR,
      errorMessage:
        'Unable to replicate the partition 1 time(s): All brokers are currently fenced, or have all their log directories cordoned.',
    });
  });

  type Case = readonly [
    what: string,
    name: string,
    changes: Parameters<TestCluster['createTopic']>[1],
    error: keyof typeof ErrorCode,
    message: string,
  ];
  const refused: readonly Case[] = [
    [
      'an empty name',
      '',
      {},
      'INVALID_TOPIC_EXCEPTION',
      'Topic name is invalid: the empty string is not allowed',
    ],
    ['a dot', '.', {}, 'INVALID_TOPIC_EXCEPTION', "Topic name is invalid: '.' is not allowed"],
    ['two dots', '..', {}, 'INVALID_TOPIC_EXCEPTION', "Topic name is invalid: '..' is not allowed"],
    [
      'a long name',
      'a'.repeat(250),
      {},
      'INVALID_TOPIC_EXCEPTION',
      `Topic name is invalid: the length of '${'a'.repeat(250)}' is longer than the max allowed length 249`,
    ],
    [
      'a blank',
      'a b',
      {},
      'INVALID_TOPIC_EXCEPTION',
      "Topic name is invalid: 'a b' contains one or more characters other than ASCII alphanumerics, '.', '_' and '-'",
    ],
    [
      'a name that exists',
      'there.is',
      {},
      'TOPIC_ALREADY_EXISTS',
      "Topic 'there.is' already exists.",
    ],
    [
      'a name that collides',
      'there_is',
      {},
      'INVALID_TOPIC_EXCEPTION',
      "Topic 'there_is' collides with existing topic: there.is",
    ],
    [
      'the metadata log',
      '__cluster_metadata',
      {},
      'INVALID_REQUEST',
      'Creation of internal topic __cluster_metadata is prohibited.',
    ],
    [
      'no replica',
      'x',
      { replicationFactor: 0 },
      'INVALID_REPLICATION_FACTOR',
      'Replication factor must be larger than 0, or -1 to use the default value.',
    ],
    [
      'no partition',
      'x',
      { numPartitions: 0 },
      'INVALID_PARTITIONS',
      'Number of partitions was set to an invalid non-positive value.',
    ],
    [
      'too many replicas',
      'x',
      { replicationFactor: 4 },
      'INVALID_REPLICATION_FACTOR',
      'Unable to replicate the partition 4 time(s): The target replication factor of 4 cannot be reached because only 3 broker(s) are registered or some brokers have all their log directories cordoned.',
    ],
    [
      'a null config',
      'x',
      { configs: [{ name: 'retention.ms', value: null }] },
      'INVALID_CONFIG',
      'Null value not supported for topic configs: retention.ms',
    ],
    [
      'a bad config',
      'x',
      { configs: [{ name: 'retention.ms', value: 'long' }] },
      'INVALID_CONFIG',
      'Invalid value long for configuration retention.ms: Not a number of type LONG',
    ],
    [
      'replicas besides assignments',
      'x',
      { ...assigned([1]), replicationFactor: 1 },
      'INVALID_REQUEST',
      'A manual partition assignment was specified, but replication factor was not set to -1.',
    ],
    [
      'partitions besides assignments',
      'x',
      { ...assigned([1]), numPartitions: 1 },
      'INVALID_REQUEST',
      'A manual partition assignment was specified, but numPartitions was not set to -1.',
    ],
    [
      'an unknown broker',
      'x',
      assigned([9]),
      'INVALID_REPLICA_ASSIGNMENT',
      'The manual partition assignment includes broker 9, but no such broker is registered.',
    ],
    [
      'a broker twice',
      'x',
      assigned([1, 1]),
      'INVALID_REPLICA_ASSIGNMENT',
      'The manual partition assignment includes the broker 1 more than once.',
    ],
    [
      'no replicas in an assignment',
      'x',
      assigned([]),
      'INVALID_REPLICA_ASSIGNMENT',
      'The manual partition assignment includes an empty replica list.',
    ],
    [
      'uneven assignments',
      'x',
      assigned([1, 2], [3]),
      'INVALID_REPLICA_ASSIGNMENT',
      'The manual partition assignment includes a partition with 1 replica(s), but this is not consistent with previous partitions, which have 2 replica(s).',
    ],
    [
      'a hole in the assignments',
      'x',
      { ...assigned([1]), assignments: [{ partitionIndex: 1, brokerIds: [1] }] },
      'INVALID_REPLICA_ASSIGNMENT',
      'partitions should be a consecutive 0-based integer sequence',
    ],
    [
      'a partition assigned twice',
      'x',
      {
        ...assigned([1]),
        assignments: [
          { partitionIndex: 0, brokerIds: [1] },
          { partitionIndex: 0, brokerIds: [2] },
        ],
      },
      'INVALID_REPLICA_ASSIGNMENT',
      'Found multiple manual partition assignments for partition 0',
    ],
  ];
  it.each(refused)('refuses %s', (_what, name, changes, error, errorMessage) => {
    cluster.createTopic('there.is');
    const before = cluster.nextOffset;

    const result = cluster.createTopic(name, changes);

    expect(result).toMatchObject({ errorCode: ErrorCode[error], errorMessage });
    expect(cluster.nextOffset).toBe(before);
  });

  it('given only fenced brokers in an assignment, then it is refused', () => {
    cluster.heartbeat(3, { wantFence: true });

    expect(cluster.createTopic('x', assigned([3]))).toMatchObject({
      errorCode: ErrorCode.INVALID_REPLICA_ASSIGNMENT,
      errorMessage:
        'All brokers specified in the manual partition assignment for partition 0 are fenced or in controlled shutdown.',
    });
  });
});

// Which settings a source's topics are created with, against Kafka's SourceConnectorConfig and TopicCreation.
import { describe, expect, it } from 'vitest';
import { newTopicFor, topicGroups } from '../../src/runtime/task/topic-creation.ts';

const DEFAULTS = {
  'topic.creation.default.replication.factor': '-1',
  'topic.creation.default.partitions': '3',
  'topic.creation.default.cleanup.policy': 'delete',
};

describe('topic.creation', () => {
  it('given no such key, when asked, then topics are left to the broker', () => {
    expect(topicGroups({ topic: 'a' })).toEqual([]);
  });

  it('given two groups, when topics match both, one or none, then the first that takes a topic wins and the default has the rest', () => {
    const groups = topicGroups({
      ...DEFAULTS,
      'topic.creation.groups': 'default, logs, compacted',
      'topic.creation.logs.include': 'log-.*,audit',
      'topic.creation.logs.exclude': '.*-raw',
      'topic.creation.logs.partitions': '6',
      'topic.creation.logs.retention.ms': '1000',
      'topic.creation.compacted.include': '.*-table, log-.*',
      'topic.creation.compacted.replication.factor': '2',
      'topic.creation.compacted.cleanup.policy': 'compact',
    });
    const created = (topic: string) => newTopicFor(groups, topic);
    expect(groups.map(({ name }) => name)).toEqual(['logs', 'compacted', 'default']);
    expect(created('log-a')).toEqual({
      name: 'log-a',
      numPartitions: 6,
      configs: { 'retention.ms': '1000' },
    });
    expect(created('log-a-raw')).toEqual({
      name: 'log-a-raw',
      numPartitions: 3,
      replicationFactor: 2,
      configs: { 'cleanup.policy': 'compact' },
    });
    // The whole name has to match.
    expect(created('audits')).toEqual({
      name: 'audits',
      numPartitions: 3,
      configs: { 'cleanup.policy': 'delete' },
    });
  });

  it('given a default group that excludes or includes, when a topic is left over, then it takes it all the same', () => {
    const groups = topicGroups({
      ...DEFAULTS,
      'topic.creation.default.include': 'x',
      'topic.creation.default.exclude': 'a',
    });
    expect(newTopicFor(groups, 'a')).toEqual({
      name: 'a',
      numPartitions: 3,
      configs: { 'cleanup.policy': 'delete' },
    });
  });

  it.each([
    [
      { 'topic.creation.groups': 'a', 'topic.creation.a.include': '.*' },
      'Missing required configuration "topic.creation.default.replication.factor" which has no default value.',
    ],
    [
      { 'topic.creation.default.replication.factor': '1' },
      'Missing required configuration "topic.creation.default.partitions" which has no default value.',
    ],
    [
      { ...DEFAULTS, 'topic.creation.default.partitions': '0' },
      "Invalid value 0 for configuration topic.creation.default.partitions: Number of partitions must be positive, or -1 to use the broker's default",
    ],
    [
      {
        ...DEFAULTS,
        'topic.creation.groups': 'a',
        'topic.creation.a.replication.factor': '-2',
      },
      'Invalid value -2 for configuration topic.creation.a.replication.factor',
    ],
    [
      { ...DEFAULTS, 'topic.creation.groups': 'a', 'topic.creation.a.include': '(' },
      'topic.creation.a.include: Syntax error in regular expression',
    ],
  ])('given %o, when read, then it is refused by name', (properties, message) => {
    expect(() => topicGroups(properties)).toThrow(message);
  });
});

// ConsumerGroupHeartbeat: the whole membership protocol of the new consumer groups: join,
// subscribe, be assigned, leave (KIP-848).

import {
  api,
  array,
  embed,
  int16,
  int32,
  message,
  string,
  struct,
  structs,
  uuid,
} from './notation.ts';

const responseTopicPartitions = struct('ResponseTopicPartitions', {
  topicId: uuid(),
  partitions: array('0+', 'int32'),
});

export default api({
  key: 68,
  name: 'ConsumerGroupHeartbeat',
  listeners: ['broker'],
  request: message('0-1', '0+', {
    groupId: string(),
    memberId: string(),
    memberEpoch: int32(),
    instanceId: string('0+', { nullable: true, default: null }),
    rackId: string('0+', { nullable: true, default: null }),
    rebalanceTimeoutMs: int32('0+', { default: -1 }),
    subscribedTopicNames: array('0+', 'string', { nullable: true, default: null }),
    subscribedTopicRegex: string('1+', { nullable: true, default: null }),
    serverAssignor: string('0+', { nullable: true, default: null }),
    topicPartitions: structs(
      { versions: '0+', nullable: true, default: null },
      'RequestTopicPartitions',
      {
        topicId: uuid(),
        partitions: array('0+', 'int32'),
      },
    ),
  }),
  response: message('0-1', '0+', {
    throttleTimeMs: int32(),
    errorCode: int16(),
    errorMessage: string('0+', { nullable: true, default: null }),
    memberId: string('0+', { nullable: true, default: null }),
    memberEpoch: int32(),
    heartbeatIntervalMs: int32(),
    assignment: embed({ versions: '0+', nullable: true, default: null }, 'Assignment', {
      topicPartitions: structs('0+', responseTopicPartitions),
    }),
  }),
});

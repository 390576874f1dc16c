// ShareGroupHeartbeat: membership in a share group (KIP-932).

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

const topicPartitions = struct('TopicPartitions', {
  topicId: uuid(),
  partitions: array('0+', 'int32'),
});

export default api({
  key: 76,
  name: 'ShareGroupHeartbeat',
  listeners: ['broker'],
  request: message('1', '0+', {
    groupId: string(),
    memberId: string(),
    memberEpoch: int32(),
    rackId: string('0+', { nullable: true, default: null }),
    subscribedTopicNames: array('0+', 'string', { nullable: true, default: null }),
  }),
  response: message('1', '0+', {
    throttleTimeMs: int32(),
    errorCode: int16(),
    errorMessage: string('0+', { nullable: true, default: null }),
    memberId: string('0+', { nullable: true, default: null }),
    memberEpoch: int32(),
    heartbeatIntervalMs: int32(),
    assignment: embed({ versions: '0+', nullable: true, default: null }, 'Assignment', {
      topicPartitions: structs('0+', topicPartitions),
    }),
  }),
});

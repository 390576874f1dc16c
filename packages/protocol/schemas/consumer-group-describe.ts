// ConsumerGroupDescribe: tells state and members of the new consumer groups.

import {
  api,
  array,
  bool,
  embed,
  int16,
  int32,
  int8,
  message,
  string,
  struct,
  structs,
  uuid,
} from './notation.ts';

const topicPartitions = struct('TopicPartitions', {
  topicId: uuid(),
  topicName: string(),
  partitions: array('0+', 'int32'),
});

const assignment = struct('Assignment', {
  topicPartitions: structs('0+', topicPartitions),
});

export default api({
  key: 69,
  name: 'ConsumerGroupDescribe',
  listeners: ['broker'],
  request: message('0-1', '0+', {
    groupIds: array('0+', 'string'),
    includeAuthorizedOperations: bool(),
  }),
  response: message('0-1', '0+', {
    throttleTimeMs: int32(),
    groups: structs('0+', 'DescribedGroup', {
      errorCode: int16(),
      errorMessage: string('0+', { nullable: true, default: null }),
      groupId: string(),
      groupState: string(),
      groupEpoch: int32(),
      assignmentEpoch: int32(),
      assignorName: string(),
      members: structs('0+', 'Member', {
        memberId: string(),
        instanceId: string('0+', { nullable: true, default: null }),
        rackId: string('0+', { nullable: true, default: null }),
        memberEpoch: int32(),
        clientId: string(),
        clientHost: string(),
        subscribedTopicNames: array('0+', 'string'),
        subscribedTopicRegex: string('0+', { nullable: true, default: null }),
        assignment: embed('0+', assignment),
        targetAssignment: embed('0+', assignment),
        memberType: int8('1+', { default: -1, ignorable: true }),
      }),
      authorizedOperations: int32('0+', { default: -2147483648 }),
    }),
  }),
});

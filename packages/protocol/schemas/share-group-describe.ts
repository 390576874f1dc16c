// ShareGroupDescribe: tells state and members of share groups.

import {
  api,
  array,
  bool,
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
  topicName: string(),
  partitions: array('0+', 'int32'),
});

const assignment = struct('Assignment', {
  topicPartitions: structs('0+', topicPartitions),
});

export default api({
  key: 77,
  name: 'ShareGroupDescribe',
  listeners: ['broker'],
  request: message('1', '0+', {
    groupIds: array('0+', 'string'),
    includeAuthorizedOperations: bool(),
  }),
  response: message('1', '0+', {
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
        rackId: string('0+', { nullable: true, default: null }),
        memberEpoch: int32(),
        clientId: string(),
        clientHost: string(),
        subscribedTopicNames: array('0+', 'string'),
        assignment: embed('0+', assignment),
      }),
      authorizedOperations: int32('0+', { default: -2147483648 }),
    }),
  }),
});

// ShareGroupCurrentMemberAssignmentValue: what a share group's member has.

import { array, int32, int8, message, standalone, struct, structs, uuid } from './notation.ts';

const topicPartitions = struct('TopicPartitions', {
  topicId: uuid(),
  partitions: array('0+', 'int32'),
});

export default standalone({
  name: 'ShareGroupCurrentMemberAssignmentValue',
  key: 14,
  message: message('0', '0+', {
    memberEpoch: int32(),
    previousMemberEpoch: int32(),
    state: int8(),
    assignedPartitions: structs('0+', topicPartitions),
  }),
});

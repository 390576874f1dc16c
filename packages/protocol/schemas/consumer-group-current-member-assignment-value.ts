// ConsumerGroupCurrentMemberAssignmentValue: what a consumer group's member has, and still has to
// give up.

import { array, int32, int8, message, standalone, struct, structs, uuid } from './notation.ts';

const topicPartitions = struct('TopicPartitions', {
  topicId: uuid(),
  partitions: array('0+', 'int32'),
  assignmentEpochs: array('0+', 'int32', { nullable: true, tag: 0 }),
});

export default standalone({
  name: 'ConsumerGroupCurrentMemberAssignmentValue',
  key: 8,
  message: message('0', '0+', {
    memberEpoch: int32(),
    previousMemberEpoch: int32(),
    state: int8(),
    assignedPartitions: structs('0+', topicPartitions),
    partitionsPendingRevocation: structs('0+', topicPartitions),
  }),
});

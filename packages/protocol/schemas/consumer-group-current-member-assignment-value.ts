
import { array, int32, int8, message, standalone, struct, uuid } from './notation.ts';

const topicPartitions = struct('TopicPartitions', {
  topicId: uuid(),
  partitions: array('0+', 'int32'),
  assignmentEpochs: array('0+', 'int32', { nullable: true, tag: 0 }),
});

export default standalone({
  name: 'ConsumerGroupCurrentMemberAssignmentValue',
  key: 8,
  message: message('0', { flexible: '0+' }, {
    memberEpoch: int32(),
    previousMemberEpoch: int32(),
    state: int8(),
    assignedPartitions: array('0+', topicPartitions),
    partitionsPendingRevocation: array('0+', topicPartitions),
  }),
});

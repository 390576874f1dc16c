// ConsumerGroupTargetAssignmentMemberValue: what a consumer group's member shall have.

import { array, message, standalone, structs, uuid } from './notation.ts';

export default standalone({
  name: 'ConsumerGroupTargetAssignmentMemberValue',
  key: 7,
  message: message('0', '0+', {
    topicPartitions: structs('0+', 'TopicPartition', {
      topicId: uuid(),
      partitions: array('0+', 'int32'),
    }),
  }),
});


import { array, message, standalone, struct, uuid } from './notation.ts';

export default standalone({
  name: 'ShareGroupTargetAssignmentMemberValue',
  key: 13,
  message: message('0', { flexible: '0+' }, {
    topicPartitions: array('0+', struct('TopicPartition', {
      topicId: uuid(),
      partitions: array('0+', 'int32'),
    })),
  }),
});

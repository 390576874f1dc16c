
import { array, bytes, message, standalone, string, struct } from './notation.ts';

export default standalone({
  name: 'ConsumerProtocolAssignment',
  message: message('0-3', {}, {
    assignedPartitions: array('0+', struct('TopicPartition', {
      topic: string(),
      partitions: array('0+', 'int32'),
    })),
    userData: bytes('0+', { nullable: true, default: null }),
  }),
});

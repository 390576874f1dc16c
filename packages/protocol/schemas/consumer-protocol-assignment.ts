// ConsumerProtocolAssignment: what the leader of a classic consumer group assigns to a member: the
// payload inside SyncGroup, after an int16 of version.

import { array, bytes, message, standalone, string, structs } from './notation.ts';

export default standalone({
  name: 'ConsumerProtocolAssignment',
  message: message('0-3', 'none', {
    assignedPartitions: structs('0+', 'TopicPartition', {
      topic: string(),
      partitions: array('0+', 'int32'),
    }),
    userData: bytes('0+', { nullable: true, default: null }),
  }),
});


import { array, bytes, int32, message, standalone, string, struct } from './notation.ts';

export default standalone({
  name: 'ConsumerProtocolSubscription',
  message: message('0-3', {}, {
    topics: array('0+', 'string'),
    userData: bytes('0+', { nullable: true, default: null }),
    ownedPartitions: array('1+', struct('TopicPartition', {
      topic: string('1+'),
      partitions: array('1+', 'int32'),
    }), { ignorable: true }),
    generationId: int32('2+', { default: -1, ignorable: true }),
    rackId: string('3+', { nullable: true, default: null, ignorable: true }),
  }),
});

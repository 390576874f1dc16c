// ConsumerProtocolSubscription: what a member of a classic consumer group subscribes to: the
// payload inside JoinGroup, after an int16 of version.

import { array, bytes, int32, message, standalone, string, structs } from './notation.ts';

export default standalone({
  name: 'ConsumerProtocolSubscription',
  message: message('0-3', 'none', {
    topics: array('0+', 'string'),
    userData: bytes('0+', { nullable: true, default: null }),
    ownedPartitions: structs({ versions: '1+', ignorable: true }, 'TopicPartition', {
      topic: string('1+'),
      partitions: array('1+', 'int32'),
    }),
    generationId: int32('2+', { default: -1, ignorable: true }),
    rackId: string('3+', { nullable: true, default: null, ignorable: true }),
  }),
});

// ConsumerGroupPartitionMetadataValue: what a consumer group knew of its topics; no longer written.

import { array, int32, message, standalone, string, structs, uuid } from './notation.ts';

export default standalone({
  name: 'ConsumerGroupPartitionMetadataValue',
  key: 4,
  message: message('0', '0+', {
    topics: structs('0+', 'TopicMetadata', {
      topicId: uuid(),
      topicName: string(),
      numPartitions: int32(),
      partitionMetadata: structs('0+', 'PartitionMetadata', {
        partition: int32(),
        racks: array('0+', 'string'),
      }),
    }),
  }),
});

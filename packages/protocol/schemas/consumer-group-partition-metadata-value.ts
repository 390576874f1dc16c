
import { array, int32, message, standalone, string, struct, uuid } from './notation.ts';

export default standalone({
  name: 'ConsumerGroupPartitionMetadataValue',
  key: 4,
  message: message('0', { flexible: '0+' }, {
    topics: array('0+', struct('TopicMetadata', {
      topicId: uuid(),
      topicName: string(),
      numPartitions: int32(),
      partitionMetadata: array('0+', struct('PartitionMetadata', {
        partition: int32(),
        racks: array('0+', 'string'),
      })),
    })),
  }),
});

// ShareGroupStatePartitionMetadataValue: which share partitions a share group has set up, sets up,
// or deletes.

import { array, message, standalone, string, struct, structs, uuid } from './notation.ts';

const topicPartitionsInfo = struct('TopicPartitionsInfo', {
  topicId: uuid(),
  topicName: string(),
  partitions: array('0+', 'int32'),
});

const topicInfo = struct('TopicInfo', {
  topicId: uuid(),
  topicName: string(),
});

export default standalone({
  name: 'ShareGroupStatePartitionMetadataValue',
  key: 15,
  message: message('0', '0+', {
    initializingTopics: structs('0+', topicPartitionsInfo),
    initializedTopics: structs('0+', topicPartitionsInfo),
    deletingTopics: structs('0+', topicInfo),
  }),
});

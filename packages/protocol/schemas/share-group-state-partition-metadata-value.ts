
import { array, message, standalone, string, struct, uuid } from './notation.ts';

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
  message: message('0', { flexible: '0+' }, {
    initializingTopics: array('0+', topicPartitionsInfo),
    initializedTopics: array('0+', topicPartitionsInfo),
    deletingTopics: array('0+', topicInfo),
  }),
});

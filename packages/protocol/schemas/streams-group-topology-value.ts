
import { array, int16, int32, message, standalone, string, struct } from './notation.ts';

const topicConfig = struct('TopicConfig', {
  key: string(),
  value: string(),
});

const topicInfo = struct('TopicInfo', {
  name: string(),
  partitions: int32(),
  replicationFactor: int16(),
  topicConfigs: array('0+', topicConfig),
});

export default standalone({
  name: 'StreamsGroupTopologyValue',
  key: 23,
  message: message('0', { flexible: '0+' }, {
    epoch: int32(),
    subtopologies: array('0+', struct('Subtopology', {
      subtopologyId: string(),
      sourceTopics: array('0+', 'string'),
      sourceTopicRegex: array('0+', 'string'),
      stateChangelogTopics: array('0+', topicInfo),
      repartitionSinkTopics: array('0+', 'string'),
      repartitionSourceTopics: array('0+', topicInfo),
      copartitionGroups: array('0+', struct('CopartitionGroup', {
        sourceTopics: array('0+', 'int16'),
        sourceTopicRegex: array('0+', 'int16'),
        repartitionSourceTopics: array('0+', 'int16'),
      })),
    })),
  }),
});

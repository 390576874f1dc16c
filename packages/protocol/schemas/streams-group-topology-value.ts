// StreamsGroupTopologyValue: a streams group's topology: subtopologies with their source,
// repartition and changelog topics.

import { array, int16, int32, message, standalone, string, struct, structs } from './notation.ts';

const topicConfig = struct('TopicConfig', {
  key: string(),
  value: string(),
});

const topicInfo = struct('TopicInfo', {
  name: string(),
  partitions: int32(),
  replicationFactor: int16(),
  topicConfigs: structs('0+', topicConfig),
});

export default standalone({
  name: 'StreamsGroupTopologyValue',
  key: 23,
  message: message('0', '0+', {
    epoch: int32(),
    subtopologies: structs('0+', 'Subtopology', {
      subtopologyId: string(),
      sourceTopics: array('0+', 'string'),
      sourceTopicRegex: array('0+', 'string'),
      stateChangelogTopics: structs('0+', topicInfo),
      repartitionSinkTopics: array('0+', 'string'),
      repartitionSourceTopics: structs('0+', topicInfo),
      copartitionGroups: structs('0+', 'CopartitionGroup', {
        sourceTopics: array('0+', 'int16'),
        sourceTopicRegex: array('0+', 'int16'),
        repartitionSourceTopics: array('0+', 'int16'),
      }),
    }),
  }),
});

// CreateTopics: creates topics with partitions and configs.

import {
  api,
  array,
  bool,
  int16,
  int32,
  int8,
  message,
  string,
  structs,
  uuid,
} from './notation.ts';

export default api({
  key: 19,
  name: 'CreateTopics',
  listeners: ['broker', 'controller'],
  forwardable: true,
  request: message('2-7', '5+', {
    topics: structs('0+', 'CreatableTopic', {
      name: string(),
      numPartitions: int32(),
      replicationFactor: int16(),
      assignments: structs('0+', 'CreatableReplicaAssignment', {
        partitionIndex: int32(),
        brokerIds: array('0+', 'int32'),
      }),
      configs: structs('0+', 'CreatableTopicConfig', {
        name: string(),
        value: string('0+', { nullable: true }),
      }),
    }),
    timeoutMs: int32('0+', { default: 60000 }),
    validateOnly: bool('1+'),
  }),
  response: message('2-7', '5+', {
    throttleTimeMs: int32('2+', { ignorable: true }),
    topics: structs('0+', 'CreatableTopicResult', {
      name: string(),
      topicId: uuid('7+', { ignorable: true }),
      errorCode: int16(),
      errorMessage: string('1+', { nullable: '0+', ignorable: true }),
      topicConfigErrorCode: int16('5+', { tag: 0, ignorable: true }),
      numPartitions: int32('5+', { default: -1, ignorable: true }),
      replicationFactor: int16('5+', { default: -1, ignorable: true }),
      configs: structs(
        { versions: '5+', nullable: true, ignorable: true },
        'CreatableTopicConfigs',
        {
          name: string('5+'),
          value: string('5+', { nullable: true }),
          readOnly: bool('5+'),
          configSource: int8('5+', { default: -1, ignorable: true }),
          isSensitive: bool('5+'),
        },
      ),
    }),
  }),
});

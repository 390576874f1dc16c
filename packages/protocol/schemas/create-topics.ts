
import { api, array, bool, int16, int32, int8, message, string, struct, uuid } from './notation.ts';

export default api({
  key: 19,
  name: 'CreateTopics',
  listeners: ['broker', 'controller'],
  request: message('2-7', { flexible: '5+' }, {
    topics: array('0+', struct('CreatableTopic', {
      name: string(),
      numPartitions: int32(),
      replicationFactor: int16(),
      assignments: array('0+', struct('CreatableReplicaAssignment', {
        partitionIndex: int32(),
        brokerIds: array('0+', 'int32'),
      })),
      configs: array('0+', struct('CreatableTopicConfig', {
        name: string(),
        value: string('0+', { nullable: true }),
      })),
    })),
    timeoutMs: int32('0+', { default: 60000 }),
    validateOnly: bool('1+'),
  }),
  response: message('2-7', { flexible: '5+' }, {
    throttleTimeMs: int32('2+', { ignorable: true }),
    topics: array('0+', struct('CreatableTopicResult', {
      name: string(),
      topicId: uuid('7+', { ignorable: true }),
      errorCode: int16(),
      errorMessage: string('1+', { nullable: '0+', ignorable: true }),
      topicConfigErrorCode: int16('5+', { tag: 0, ignorable: true }),
      numPartitions: int32('5+', { default: -1, ignorable: true }),
      replicationFactor: int16('5+', { default: -1, ignorable: true }),
      configs: array('5+', struct('CreatableTopicConfigs', {
        name: string('5+'),
        value: string('5+', { nullable: true }),
        readOnly: bool('5+'),
        configSource: int8('5+', { default: -1, ignorable: true }),
        isSensitive: bool('5+'),
      }), { nullable: true, ignorable: true }),
    })),
  }),
});

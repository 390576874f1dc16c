
import { api, array, int16, int32, int8, message, string, struct } from './notation.ts';

export default api({
  key: 43,
  name: 'ElectLeaders',
  listeners: ['broker', 'controller'],
  request: message('0-2', { flexible: '2+' }, {
    electionType: int8('1+'),
    topicPartitions: array('0+', struct('TopicPartitions', {
      topic: string(),
      partitions: array('0+', 'int32'),
    }), { nullable: true }),
    timeoutMs: int32('0+', { default: 60000 }),
  }),
  response: message('0-2', { flexible: '2+' }, {
    throttleTimeMs: int32(),
    errorCode: int16('1+'),
    replicaElectionResults: array('0+', struct('ReplicaElectionResult', {
      topic: string(),
      partitionResult: array('0+', struct('PartitionResult', {
        partitionId: int32(),
        errorCode: int16(),
        errorMessage: string('0+', { nullable: true }),
      })),
    })),
  }),
});

// ElectLeaders: starts elections: of the preferred replicas, or unclean ones.

import { api, array, int16, int32, int8, message, string, structs } from './notation.ts';

export default api({
  key: 43,
  name: 'ElectLeaders',
  listeners: ['broker', 'controller'],
  forwardable: true,
  request: message('0-2', '2+', {
    electionType: int8('1+'),
    topicPartitions: structs({ versions: '0+', nullable: true }, 'TopicPartitions', {
      topic: string(),
      partitions: array('0+', 'int32'),
    }),
    timeoutMs: int32('0+', { default: 60000 }),
  }),
  response: message('0-2', '2+', {
    throttleTimeMs: int32(),
    errorCode: int16('1+'),
    replicaElectionResults: structs('0+', 'ReplicaElectionResult', {
      topic: string(),
      partitionResult: structs('0+', 'PartitionResult', {
        partitionId: int32(),
        errorCode: int16(),
        errorMessage: string('0+', { nullable: true }),
      }),
    }),
  }),
});

// Metadata: tells which brokers there are and who leads the partitions of topics; may create
// missing topics.

import { api, array, bool, int16, int32, message, string, structs, uuid } from './notation.ts';

export default api({
  key: 3,
  name: 'Metadata',
  listeners: ['broker'],
  request: message('0-13', '9+', {
    topics: structs({ versions: '0+', nullable: '1+' }, 'MetadataRequestTopic', {
      topicId: uuid('10+', { ignorable: true }),
      name: string('0+', { nullable: '10+' }),
    }),
    allowAutoTopicCreation: bool('4+', { default: true }),
    includeClusterAuthorizedOperations: bool('8-10'),
    includeTopicAuthorizedOperations: bool('8+'),
  }),
  response: message('0-13', '9+', {
    throttleTimeMs: int32('3+', { ignorable: true }),
    brokers: structs('0+', 'MetadataResponseBroker', {
      nodeId: int32(),
      host: string(),
      port: int32(),
      rack: string('1+', { nullable: true, default: null, ignorable: true }),
    }),
    clusterId: string('2+', { nullable: true, default: null, ignorable: true }),
    controllerId: int32('1+', { default: -1, ignorable: true }),
    topics: structs('0+', 'MetadataResponseTopic', {
      errorCode: int16(),
      name: string('0+', { nullable: '12+' }),
      topicId: uuid('10+', { ignorable: true }),
      isInternal: bool('1+', { ignorable: true }),
      partitions: structs('0+', 'MetadataResponsePartition', {
        errorCode: int16(),
        partitionIndex: int32(),
        leaderId: int32(),
        leaderEpoch: int32('7+', { default: -1, ignorable: true }),
        replicaNodes: array('0+', 'int32'),
        isrNodes: array('0+', 'int32'),
        offlineReplicas: array('5+', 'int32', { ignorable: true }),
      }),
      topicAuthorizedOperations: int32('8+', { default: -2147483648 }),
    }),
    clusterAuthorizedOperations: int32('8-10', { default: -2147483648 }),
    errorCode: int16('13+', { ignorable: true }),
  }),
});

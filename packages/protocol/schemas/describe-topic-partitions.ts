// DescribeTopicPartitions: describes topics page by page, with eligible leader replicas (KIP-966).

import {
  api,
  array,
  bool,
  embed,
  int16,
  int32,
  message,
  string,
  structs,
  uuid,
} from './notation.ts';

export default api({
  key: 75,
  name: 'DescribeTopicPartitions',
  listeners: ['broker'],
  request: message('0', '0+', {
    topics: structs('0+', 'TopicRequest', {
      name: string(),
    }),
    responsePartitionLimit: int32('0+', { default: 2000 }),
    cursor: embed({ versions: '0+', nullable: true, default: null }, 'RequestCursor', {
      topicName: string(),
      partitionIndex: int32(),
    }),
  }),
  response: message('0', '0+', {
    throttleTimeMs: int32('0+', { ignorable: true }),
    topics: structs('0+', 'DescribeTopicPartitionsResponseTopic', {
      errorCode: int16(),
      name: string('0+', { nullable: true }),
      topicId: uuid('0+', { ignorable: true }),
      isInternal: bool('0+', { ignorable: true }),
      partitions: structs('0+', 'DescribeTopicPartitionsResponsePartition', {
        errorCode: int16(),
        partitionIndex: int32(),
        leaderId: int32(),
        leaderEpoch: int32('0+', { default: -1, ignorable: true }),
        replicaNodes: array('0+', 'int32'),
        isrNodes: array('0+', 'int32'),
        eligibleLeaderReplicas: array('0+', 'int32', { nullable: true, default: null }),
        lastKnownElr: array('0+', 'int32', { nullable: true, default: null }),
        offlineReplicas: array('0+', 'int32', { ignorable: true }),
      }),
      topicAuthorizedOperations: int32('0+', { default: -2147483648 }),
    }),
    nextCursor: embed({ versions: '0+', nullable: true, default: null }, 'ResponseCursor', {
      topicName: string(),
      partitionIndex: int32(),
    }),
  }),
});

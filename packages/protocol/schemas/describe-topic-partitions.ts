
import { api, array, bool, embed, int16, int32, message, string, struct, uuid } from './notation.ts';

export default api({
  key: 75,
  name: 'DescribeTopicPartitions',
  listeners: ['broker'],
  request: message('0', { flexible: '0+' }, {
    topics: array('0+', struct('TopicRequest', {
      name: string(),
    })),
    responsePartitionLimit: int32('0+', { default: 2000 }),
    cursor: embed('0+', struct('RequestCursor', {
      topicName: string(),
      partitionIndex: int32(),
    }), { nullable: true, default: null }),
  }),
  response: message('0', { flexible: '0+' }, {
    throttleTimeMs: int32('0+', { ignorable: true }),
    topics: array('0+', struct('DescribeTopicPartitionsResponseTopic', {
      errorCode: int16(),
      name: string('0+', { nullable: true }),
      topicId: uuid('0+', { ignorable: true }),
      isInternal: bool('0+', { ignorable: true }),
      partitions: array('0+', struct('DescribeTopicPartitionsResponsePartition', {
        errorCode: int16(),
        partitionIndex: int32(),
        leaderId: int32(),
        leaderEpoch: int32('0+', { default: -1, ignorable: true }),
        replicaNodes: array('0+', 'int32'),
        isrNodes: array('0+', 'int32'),
        eligibleLeaderReplicas: array('0+', 'int32', { nullable: true, default: null }),
        lastKnownElr: array('0+', 'int32', { nullable: true, default: null }),
        offlineReplicas: array('0+', 'int32', { ignorable: true }),
      })),
      topicAuthorizedOperations: int32('0+', { default: -2147483648 }),
    })),
    nextCursor: embed('0+', struct('ResponseCursor', {
      topicName: string(),
      partitionIndex: int32(),
    }), { nullable: true, default: null }),
  }),
});

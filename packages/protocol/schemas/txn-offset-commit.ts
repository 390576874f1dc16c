// TxnOffsetCommit: stores a group's offsets as part of a transaction.

import { api, int16, int32, int64, message, string, structs } from './notation.ts';

export default api({
  key: 28,
  name: 'TxnOffsetCommit',
  listeners: ['broker'],
  request: message('0-5', '3+', {
    transactionalId: string(),
    groupId: string(),
    producerId: int64(),
    producerEpoch: int16(),
    generationId: int32('3+', { default: -1 }),
    memberId: string('3+'),
    groupInstanceId: string('3+', { nullable: true, default: null }),
    topics: structs('0+', 'TxnOffsetCommitRequestTopic', {
      name: string(),
      partitions: structs('0+', 'TxnOffsetCommitRequestPartition', {
        partitionIndex: int32(),
        committedOffset: int64(),
        committedLeaderEpoch: int32('2+', { default: -1, ignorable: true }),
        committedMetadata: string('0+', { nullable: true }),
      }),
    }),
  }),
  response: message('0-5', '3+', {
    throttleTimeMs: int32(),
    topics: structs('0+', 'TxnOffsetCommitResponseTopic', {
      name: string(),
      partitions: structs('0+', 'TxnOffsetCommitResponsePartition', {
        partitionIndex: int32(),
        errorCode: int16(),
      }),
    }),
  }),
});

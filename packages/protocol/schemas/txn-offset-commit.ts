
import { api, array, int16, int32, int64, message, string, struct } from './notation.ts';

export default api({
  key: 28,
  name: 'TxnOffsetCommit',
  listeners: ['broker'],
  request: message('0-5', { flexible: '3+' }, {
    transactionalId: string(),
    groupId: string(),
    producerId: int64(),
    producerEpoch: int16(),
    generationId: int32('3+', { default: -1 }),
    memberId: string('3+'),
    groupInstanceId: string('3+', { nullable: true, default: null }),
    topics: array('0+', struct('TxnOffsetCommitRequestTopic', {
      name: string(),
      partitions: array('0+', struct('TxnOffsetCommitRequestPartition', {
        partitionIndex: int32(),
        committedOffset: int64(),
        committedLeaderEpoch: int32('2+', { default: -1, ignorable: true }),
        committedMetadata: string('0+', { nullable: true }),
      })),
    })),
  }),
  response: message('0-5', { flexible: '3+' }, {
    throttleTimeMs: int32(),
    topics: array('0+', struct('TxnOffsetCommitResponseTopic', {
      name: string(),
      partitions: array('0+', struct('TxnOffsetCommitResponsePartition', {
        partitionIndex: int32(),
        errorCode: int16(),
      })),
    })),
  }),
});

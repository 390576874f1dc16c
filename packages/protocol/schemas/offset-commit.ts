
import { api, array, int16, int32, int64, message, string, struct, uuid } from './notation.ts';

export default api({
  key: 8,
  name: 'OffsetCommit',
  listeners: ['broker'],
  request: message('2-10', { flexible: '8+' }, {
    groupId: string(),
    generationIdOrMemberEpoch: int32('1+', { default: -1, ignorable: true }),
    memberId: string('1+', { ignorable: true }),
    groupInstanceId: string('7+', { nullable: true, default: null }),
    retentionTimeMs: int64('2-4', { default: -1, ignorable: true }),
    topics: array('0+', struct('OffsetCommitRequestTopic', {
      name: string('0-9', { ignorable: true }),
      topicId: uuid('10+', { ignorable: true }),
      partitions: array('0+', struct('OffsetCommitRequestPartition', {
        partitionIndex: int32(),
        committedOffset: int64(),
        committedLeaderEpoch: int32('6+', { default: -1, ignorable: true }),
        committedMetadata: string('0+', { nullable: true }),
      })),
    })),
  }),
  response: message('2-10', { flexible: '8+' }, {
    throttleTimeMs: int32('3+', { ignorable: true }),
    topics: array('0+', struct('OffsetCommitResponseTopic', {
      name: string('0-9', { ignorable: true }),
      topicId: uuid('10+', { ignorable: true }),
      partitions: array('0+', struct('OffsetCommitResponsePartition', {
        partitionIndex: int32(),
        errorCode: int16(),
      })),
    })),
  }),
});

// OffsetCommit: stores a group's offsets.

import { api, int16, int32, int64, message, string, structs, uuid } from './notation.ts';

export default api({
  key: 8,
  name: 'OffsetCommit',
  listeners: ['broker'],
  request: message('2-10', '8+', {
    groupId: string(),
    generationIdOrMemberEpoch: int32('1+', { default: -1, ignorable: true }),
    memberId: string('1+', { ignorable: true }),
    groupInstanceId: string('7+', { nullable: true, default: null }),
    retentionTimeMs: int64('2-4', { default: -1, ignorable: true }),
    topics: structs('0+', 'OffsetCommitRequestTopic', {
      name: string('0-9', { ignorable: true }),
      topicId: uuid('10+', { ignorable: true }),
      partitions: structs('0+', 'OffsetCommitRequestPartition', {
        partitionIndex: int32(),
        committedOffset: int64(),
        committedLeaderEpoch: int32('6+', { default: -1, ignorable: true }),
        committedMetadata: string('0+', { nullable: true }),
      }),
    }),
  }),
  response: message('2-10', '8+', {
    throttleTimeMs: int32('3+', { ignorable: true }),
    topics: structs('0+', 'OffsetCommitResponseTopic', {
      name: string('0-9', { ignorable: true }),
      topicId: uuid('10+', { ignorable: true }),
      partitions: structs('0+', 'OffsetCommitResponsePartition', {
        partitionIndex: int32(),
        errorCode: int16(),
      }),
    }),
  }),
});

// OffsetForLeaderEpoch: tells where a leader epoch ends, by which followers and consumers find out
// that a log was truncated (KIP-101, KIP-320).

import { api, int16, int32, int64, message, string, structs } from './notation.ts';

export default api({
  key: 23,
  name: 'OffsetForLeaderEpoch',
  listeners: ['broker'],
  request: message('2-4', '4+', {
    replicaId: int32('3+', { default: -2, ignorable: true }),
    topics: structs('0+', 'OffsetForLeaderTopic', {
      topic: string(),
      partitions: structs('0+', 'OffsetForLeaderPartition', {
        partition: int32(),
        currentLeaderEpoch: int32('2+', { default: -1, ignorable: true }),
        leaderEpoch: int32(),
      }),
    }),
  }),
  response: message('2-4', '4+', {
    throttleTimeMs: int32('2+', { ignorable: true }),
    topics: structs('0+', 'OffsetForLeaderTopicResult', {
      topic: string(),
      partitions: structs('0+', 'EpochEndOffset', {
        errorCode: int16(),
        partition: int32(),
        leaderEpoch: int32('1+', { default: -1, ignorable: true }),
        endOffset: int64('0+', { default: -1 }),
      }),
    }),
  }),
});


import { api, array, int16, int32, int64, message, string, struct } from './notation.ts';

export default api({
  key: 23,
  name: 'OffsetForLeaderEpoch',
  listeners: ['broker'],
  request: message('2-4', { flexible: '4+' }, {
    replicaId: int32('3+', { default: -2, ignorable: true }),
    topics: array('0+', struct('OffsetForLeaderTopic', {
      topic: string(),
      partitions: array('0+', struct('OffsetForLeaderPartition', {
        partition: int32(),
        currentLeaderEpoch: int32('2+', { default: -1, ignorable: true }),
        leaderEpoch: int32(),
      })),
    })),
  }),
  response: message('2-4', { flexible: '4+' }, {
    throttleTimeMs: int32('2+', { ignorable: true }),
    topics: array('0+', struct('OffsetForLeaderTopicResult', {
      topic: string(),
      partitions: array('0+', struct('EpochEndOffset', {
        errorCode: int16(),
        partition: int32(),
        leaderEpoch: int32('1+', { default: -1, ignorable: true }),
        endOffset: int64('0+', { default: -1 }),
      })),
    })),
  }),
});

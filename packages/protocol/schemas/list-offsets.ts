
import { api, array, int16, int32, int64, int8, message, string, struct } from './notation.ts';

export default api({
  key: 2,
  name: 'ListOffsets',
  listeners: ['broker'],
  request: message('1-11', { flexible: '6+' }, {
    replicaId: int32(),
    isolationLevel: int8('2+'),
    topics: array('0+', struct('ListOffsetsTopic', {
      name: string(),
      partitions: array('0+', struct('ListOffsetsPartition', {
        partitionIndex: int32(),
        currentLeaderEpoch: int32('4+', { default: -1, ignorable: true }),
        timestamp: int64(),
      })),
    })),
    timeoutMs: int32('10+', { ignorable: true }),
  }),
  response: message('1-11', { flexible: '6+' }, {
    throttleTimeMs: int32('2+', { ignorable: true }),
    topics: array('0+', struct('ListOffsetsTopicResponse', {
      name: string(),
      partitions: array('0+', struct('ListOffsetsPartitionResponse', {
        partitionIndex: int32(),
        errorCode: int16(),
        timestamp: int64('1+', { default: -1 }),
        offset: int64('1+', { default: -1 }),
        leaderEpoch: int32('4+', { default: -1 }),
      })),
    })),
  }),
});

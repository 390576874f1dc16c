// ListOffsets: finds offsets by timestamp, or by one of the negative timestamps that stand for
// earliest, latest and the like.

import { api, int16, int32, int64, int8, message, string, structs } from './notation.ts';

export default api({
  key: 2,
  name: 'ListOffsets',
  listeners: ['broker'],
  request: message('1-11', '6+', {
    replicaId: int32(),
    isolationLevel: int8('2+'),
    topics: structs('0+', 'ListOffsetsTopic', {
      name: string(),
      partitions: structs('0+', 'ListOffsetsPartition', {
        partitionIndex: int32(),
        currentLeaderEpoch: int32('4+', { default: -1, ignorable: true }),
        timestamp: int64(),
      }),
    }),
    timeoutMs: int32('10+', { ignorable: true }),
  }),
  response: message('1-11', '6+', {
    throttleTimeMs: int32('2+', { ignorable: true }),
    topics: structs('0+', 'ListOffsetsTopicResponse', {
      name: string(),
      partitions: structs('0+', 'ListOffsetsPartitionResponse', {
        partitionIndex: int32(),
        errorCode: int16(),
        timestamp: int64('1+', { default: -1 }),
        offset: int64('1+', { default: -1 }),
        leaderEpoch: int32('4+', { default: -1 }),
      }),
    }),
  }),
});

// DescribeShareGroupOffsets: tells the start offsets of share groups.

import { api, array, int16, int32, int64, message, string, structs, uuid } from './notation.ts';

export default api({
  key: 90,
  name: 'DescribeShareGroupOffsets',
  listeners: ['broker'],
  request: message('0-1', '0+', {
    groups: structs('0+', 'DescribeShareGroupOffsetsRequestGroup', {
      groupId: string(),
      topics: structs({ versions: '0+', nullable: true }, 'DescribeShareGroupOffsetsRequestTopic', {
        topicName: string(),
        partitions: array('0+', 'int32'),
      }),
    }),
  }),
  response: message('0-1', '0+', {
    throttleTimeMs: int32(),
    groups: structs('0+', 'DescribeShareGroupOffsetsResponseGroup', {
      groupId: string(),
      topics: structs('0+', 'DescribeShareGroupOffsetsResponseTopic', {
        topicName: string(),
        topicId: uuid(),
        partitions: structs('0+', 'DescribeShareGroupOffsetsResponsePartition', {
          partitionIndex: int32(),
          startOffset: int64(),
          leaderEpoch: int32(),
          lag: int64('1+', { default: -1, ignorable: true }),
          errorCode: int16(),
          errorMessage: string('0+', { nullable: true, default: null }),
        }),
      }),
      errorCode: int16(),
      errorMessage: string('0+', { nullable: true, default: null }),
    }),
  }),
});

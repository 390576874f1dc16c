
import { api, array, int16, int32, int64, message, string, struct, uuid } from './notation.ts';

export default api({
  key: 90,
  name: 'DescribeShareGroupOffsets',
  listeners: ['broker'],
  request: message('0-1', { flexible: '0+' }, {
    groups: array('0+', struct('DescribeShareGroupOffsetsRequestGroup', {
      groupId: string(),
      topics: array('0+', struct('DescribeShareGroupOffsetsRequestTopic', {
        topicName: string(),
        partitions: array('0+', 'int32'),
      }), { nullable: true }),
    })),
  }),
  response: message('0-1', { flexible: '0+' }, {
    throttleTimeMs: int32(),
    groups: array('0+', struct('DescribeShareGroupOffsetsResponseGroup', {
      groupId: string(),
      topics: array('0+', struct('DescribeShareGroupOffsetsResponseTopic', {
        topicName: string(),
        topicId: uuid(),
        partitions: array('0+', struct('DescribeShareGroupOffsetsResponsePartition', {
          partitionIndex: int32(),
          startOffset: int64(),
          leaderEpoch: int32(),
          lag: int64('1+', { default: -1, ignorable: true }),
          errorCode: int16(),
          errorMessage: string('0+', { nullable: true, default: null }),
        })),
      })),
      errorCode: int16(),
      errorMessage: string('0+', { nullable: true, default: null }),
    })),
  }),
});

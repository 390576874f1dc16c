
import { api, array, bool, int16, int32, int64, message, string, struct, uuid } from './notation.ts';

export default api({
  key: 9,
  name: 'OffsetFetch',
  listeners: ['broker'],
  request: message('1-10', { flexible: '6+' }, {
    groupId: string('0-7'),
    topics: array('0-7', struct('OffsetFetchRequestTopic', {
      name: string('0-7'),
      partitionIndexes: array('0-7', 'int32'),
    }), { nullable: '2-7' }),
    groups: array('8+', struct('OffsetFetchRequestGroup', {
      groupId: string('8+'),
      memberId: string('9+', { nullable: true, default: null, ignorable: true }),
      memberEpoch: int32('9+', { default: -1, ignorable: true }),
      topics: array('8+', struct('OffsetFetchRequestTopics', {
        name: string('8-9', { ignorable: true }),
        topicId: uuid('10+', { ignorable: true }),
        partitionIndexes: array('8+', 'int32'),
      }), { nullable: true }),
    })),
    requireStable: bool('7+'),
  }),
  response: message('1-10', { flexible: '6+' }, {
    throttleTimeMs: int32('3+', { ignorable: true }),
    topics: array('0-7', struct('OffsetFetchResponseTopic', {
      name: string('0-7'),
      partitions: array('0-7', struct('OffsetFetchResponsePartition', {
        partitionIndex: int32('0-7'),
        committedOffset: int64('0-7'),
        committedLeaderEpoch: int32('5-7', { default: -1, ignorable: true }),
        metadata: string('0-7', { nullable: true }),
        errorCode: int16('0-7'),
      })),
    })),
    errorCode: int16('2-7', { ignorable: true }),
    groups: array('8+', struct('OffsetFetchResponseGroup', {
      groupId: string('8+'),
      topics: array('8+', struct('OffsetFetchResponseTopics', {
        name: string('8-9', { ignorable: true }),
        topicId: uuid('10+', { ignorable: true }),
        partitions: array('8+', struct('OffsetFetchResponsePartitions', {
          partitionIndex: int32('8+'),
          committedOffset: int64('8+'),
          committedLeaderEpoch: int32('8+', { default: -1, ignorable: true }),
          metadata: string('8+', { nullable: true }),
          errorCode: int16('8+'),
        })),
      })),
      errorCode: int16('8+'),
    })),
  }),
});

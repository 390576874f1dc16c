// OffsetFetch: reads a group's committed offsets; several groups at once since version 8.

import {
  api,
  array,
  bool,
  int16,
  int32,
  int64,
  message,
  string,
  structs,
  uuid,
} from './notation.ts';

export default api({
  key: 9,
  name: 'OffsetFetch',
  listeners: ['broker'],
  request: message('1-10', '6+', {
    groupId: string('0-7'),
    topics: structs({ versions: '0-7', nullable: '2-7' }, 'OffsetFetchRequestTopic', {
      name: string('0-7'),
      partitionIndexes: array('0-7', 'int32'),
    }),
    groups: structs('8+', 'OffsetFetchRequestGroup', {
      groupId: string('8+'),
      memberId: string('9+', { nullable: true, default: null, ignorable: true }),
      memberEpoch: int32('9+', { default: -1, ignorable: true }),
      topics: structs({ versions: '8+', nullable: true }, 'OffsetFetchRequestTopics', {
        name: string('8-9', { ignorable: true }),
        topicId: uuid('10+', { ignorable: true }),
        partitionIndexes: array('8+', 'int32'),
      }),
    }),
    requireStable: bool('7+'),
  }),
  response: message('1-10', '6+', {
    throttleTimeMs: int32('3+', { ignorable: true }),
    topics: structs('0-7', 'OffsetFetchResponseTopic', {
      name: string('0-7'),
      partitions: structs('0-7', 'OffsetFetchResponsePartition', {
        partitionIndex: int32('0-7'),
        committedOffset: int64('0-7'),
        committedLeaderEpoch: int32('5-7', { default: -1, ignorable: true }),
        metadata: string('0-7', { nullable: true }),
        errorCode: int16('0-7'),
      }),
    }),
    errorCode: int16('2-7', { ignorable: true }),
    groups: structs('8+', 'OffsetFetchResponseGroup', {
      groupId: string('8+'),
      topics: structs('8+', 'OffsetFetchResponseTopics', {
        name: string('8-9', { ignorable: true }),
        topicId: uuid('10+', { ignorable: true }),
        partitions: structs('8+', 'OffsetFetchResponsePartitions', {
          partitionIndex: int32('8+'),
          committedOffset: int64('8+'),
          committedLeaderEpoch: int32('8+', { default: -1, ignorable: true }),
          metadata: string('8+', { nullable: true }),
          errorCode: int16('8+'),
        }),
      }),
      errorCode: int16('8+'),
    }),
  }),
});

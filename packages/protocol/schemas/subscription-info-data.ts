// SubscriptionInfoData: what a Streams member subscribes with in a classic group: its tasks, lag,
// endpoint, tags; the version is its first field.

import {
  bytes,
  int32,
  int8,
  message,
  standalone,
  string,
  struct,
  structs,
  uuid,
  wideInt64,
} from './notation.ts';

const taskId = struct('TaskId', {
  topicGroupId: int32('1-6'),
  partition: int32('1-6'),
});

const partitionToOffsetSum = struct('PartitionToOffsetSum', {
  partition: int32('7-9'),
  // 2^63-1 when the sum overflows.
  offsetSum: wideInt64('7-9'),
});

const taskOffsetSum = struct('TaskOffsetSum', {
  topicGroupId: int32('7+'),
  partition: int32('10+'),
  // 2^63-1 when the sum overflows.
  offsetSum: wideInt64('10+'),
  namedTopology: string('10+', { nullable: true }),
  partitionToOffsetSum: structs('7-9', partitionToOffsetSum),
});

const clientTag = struct('ClientTag', {
  key: bytes('11+'),
  value: bytes('11+'),
});

export default standalone({
  name: 'SubscriptionInfoData',
  message: message('1-11', 'none', {
    version: int32('1+'),
    latestSupportedVersion: int32('3+', { default: -1 }),
    processId: uuid('1+'),
    prevTasks: structs('1-6', taskId),
    standbyTasks: structs('1-6', taskId),
    userEndPoint: bytes('2+'),
    taskOffsetSums: structs('7+', taskOffsetSum),
    uniqueField: int8('8+'),
    errorCode: int32('9+'),
    clientTags: structs('11+', clientTag),
  }),
});

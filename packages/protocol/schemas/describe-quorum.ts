// DescribeQuorum: tells who leads the quorum and how far each voter and observer is.

import {
  api,
  int16,
  int32,
  int64,
  message,
  string,
  struct,
  structs,
  uint16,
  uuid,
} from './notation.ts';

const replicaState = struct('ReplicaState', {
  replicaId: int32(),
  replicaDirectoryId: uuid('2+'),
  logEndOffset: int64(),
  lastFetchTimestamp: int64('1+', { default: -1, ignorable: true }),
  lastCaughtUpTimestamp: int64('1+', { default: -1, ignorable: true }),
});

export default api({
  key: 55,
  name: 'DescribeQuorum',
  listeners: ['broker', 'controller'],
  clusterAction: true,
  forwardable: true,
  request: message('0-2', '0+', {
    topics: structs('0+', 'RequestTopicData', {
      topicName: string(),
      partitions: structs('0+', 'RequestPartitionData', {
        partitionIndex: int32(),
      }),
    }),
  }),
  response: message('0-2', '0+', {
    errorCode: int16(),
    errorMessage: string('2+', { nullable: true, ignorable: true }),
    topics: structs('0+', 'ResponseTopicData', {
      topicName: string(),
      partitions: structs('0+', 'ResponsePartitionData', {
        partitionIndex: int32(),
        errorCode: int16(),
        errorMessage: string('2+', { nullable: true, ignorable: true }),
        leaderId: int32(),
        leaderEpoch: int32(),
        highWatermark: int64(),
        currentVoters: structs('0+', replicaState),
        observers: structs('0+', replicaState),
      }),
    }),
    nodes: structs('2+', 'Node', {
      nodeId: int32('2+'),
      listeners: structs('2+', 'Listener', {
        name: string('2+'),
        host: string('2+'),
        port: uint16('2+'),
      }),
    }),
  }),
});

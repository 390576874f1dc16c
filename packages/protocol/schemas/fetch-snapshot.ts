// FetchSnapshot: reads a snapshot of the metadata log in pieces (KIP-630).

import {
  api,
  embed,
  int16,
  int32,
  int64,
  message,
  records,
  string,
  structs,
  uint16,
  uuid,
} from './notation.ts';

export default api({
  key: 59,
  name: 'FetchSnapshot',
  listeners: ['controller'],
  request: message('0-1', '0+', {
    clusterId: string('0+', { nullable: true, default: null, tag: 0 }),
    replicaId: int32('0+', { default: -1 }),
    maxBytes: int32('0+', { default: 2147483647 }),
    topics: structs('0+', 'RequestTopicSnapshot', {
      name: string(),
      partitions: structs('0+', 'RequestPartitionSnapshot', {
        partition: int32(),
        currentLeaderEpoch: int32(),
        snapshotId: embed('0+', 'RequestSnapshotId', {
          endOffset: int64(),
          epoch: int32(),
        }),
        position: int64(),
        replicaDirectoryId: uuid('1+', { tag: 0, ignorable: true }),
      }),
    }),
  }),
  response: message('0-1', '0+', {
    throttleTimeMs: int32('0+', { ignorable: true }),
    errorCode: int16(),
    topics: structs('0+', 'ResponseTopicSnapshot', {
      name: string(),
      partitions: structs('0+', 'ResponsePartitionSnapshot', {
        index: int32(),
        errorCode: int16(),
        snapshotId: embed('0+', 'ResponseSnapshotId', {
          endOffset: int64(),
          epoch: int32(),
        }),
        currentLeader: embed({ versions: '0+', tag: 0 }, 'LeaderIdAndEpoch', {
          leaderId: int32(),
          leaderEpoch: int32(),
        }),
        size: int64(),
        position: int64(),
        unalignedRecords: records(),
      }),
    }),
    nodeEndpoints: structs({ versions: '1+', tag: 0 }, 'NodeEndpoint', {
      nodeId: int32('1+'),
      host: string('1+'),
      port: uint16('1+'),
    }),
  }),
});

// Fetch: reads record batches, for consumers, followers and quorum observers; with sessions since
// version 7 (KIP-227), by topic id since 13 (KIP-516).

import {
  api,
  array,
  embed,
  int16,
  int32,
  int64,
  int8,
  message,
  records,
  string,
  structs,
  uuid,
  wideInt64,
} from './notation.ts';

export default api({
  key: 1,
  name: 'Fetch',
  listeners: ['broker', 'controller'],
  request: message('4-18', '12+', {
    clusterId: string('12+', { nullable: true, default: null, tag: 0, ignorable: true }),
    replicaId: int32('0-14', { default: -1 }),
    replicaState: embed({ versions: '15+', tag: 1 }, 'ReplicaState', {
      replicaId: int32('15+', { default: -1 }),
      replicaEpoch: int64('15+', { default: -1 }),
    }),
    maxWaitMs: int32(),
    minBytes: int32(),
    maxBytes: int32('3+', { default: 2147483647, ignorable: true }),
    isolationLevel: int8('4+', { ignorable: true }),
    sessionId: int32('7+', { ignorable: true }),
    sessionEpoch: int32('7+', { default: -1, ignorable: true }),
    topics: structs('0+', 'FetchTopic', {
      topic: string('0-12', { ignorable: true }),
      topicId: uuid('13+', { ignorable: true }),
      partitions: structs('0+', 'FetchPartition', {
        partition: int32(),
        currentLeaderEpoch: int32('9+', { default: -1, ignorable: true }),
        fetchOffset: int64(),
        lastFetchedEpoch: int32('12+', { default: -1 }),
        logStartOffset: int64('5+', { default: -1, ignorable: true }),
        partitionMaxBytes: int32(),
        replicaDirectoryId: uuid('17+', { tag: 0, ignorable: true }),
        // 2^63-1 says that the replica does not tell it (KIP-1166).
        highWatermark: wideInt64('18+', { default: 2n ** 63n - 1n, tag: 1, ignorable: true }),
      }),
    }),
    forgottenTopicsData: structs('7+', 'ForgottenTopic', {
      topic: string('7-12', { ignorable: true }),
      topicId: uuid('13+', { ignorable: true }),
      partitions: array('7+', 'int32'),
    }),
    rackId: string('11+', { ignorable: true }),
  }),
  response: message('4-18', '12+', {
    throttleTimeMs: int32('1+', { ignorable: true }),
    errorCode: int16('7+', { ignorable: true }),
    sessionId: int32('7+'),
    responses: structs('0+', 'FetchableTopicResponse', {
      topic: string('0-12', { ignorable: true }),
      topicId: uuid('13+', { ignorable: true }),
      partitions: structs('0+', 'PartitionData', {
        partitionIndex: int32(),
        errorCode: int16(),
        highWatermark: int64(),
        lastStableOffset: int64('4+', { default: -1, ignorable: true }),
        logStartOffset: int64('5+', { default: -1, ignorable: true }),
        divergingEpoch: embed({ versions: '12+', tag: 0 }, 'EpochEndOffset', {
          epoch: int32('12+', { default: -1 }),
          endOffset: int64('12+', { default: -1 }),
        }),
        currentLeader: embed({ versions: '12+', tag: 1 }, 'LeaderIdAndEpoch', {
          leaderId: int32('12+', { default: -1 }),
          leaderEpoch: int32('12+', { default: -1 }),
        }),
        snapshotId: embed({ versions: '12+', tag: 2 }, 'SnapshotId', {
          endOffset: int64('0+', { default: -1 }),
          epoch: int32('0+', { default: -1 }),
        }),
        abortedTransactions: structs(
          { versions: '4+', nullable: true, ignorable: true },
          'AbortedTransaction',
          {
            producerId: int64('4+'),
            firstOffset: int64('4+'),
          },
        ),
        preferredReadReplica: int32('11+', { default: -1 }),
        records: records('0+', { nullable: true }),
      }),
    }),
    nodeEndpoints: structs({ versions: '16+', tag: 0 }, 'NodeEndpoint', {
      nodeId: int32('16+'),
      host: string('16+'),
      port: int32('16+'),
      rack: string('16+', { nullable: true, default: null }),
    }),
  }),
});

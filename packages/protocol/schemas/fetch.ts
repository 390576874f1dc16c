
import { api, array, embed, int16, int32, int64, int8, message, records, string, struct, uuid, wideInt64 } from './notation.ts';

export default api({
  key: 1,
  name: 'Fetch',
  listeners: ['broker', 'controller'],
  request: message('4-18', { flexible: '12+' }, {
    clusterId: string('12+', { nullable: true, default: null, tag: 0, ignorable: true }),
    replicaId: int32('0-14', { default: -1 }),
    replicaState: embed('15+', struct('ReplicaState', {
      replicaId: int32('15+', { default: -1 }),
      replicaEpoch: int64('15+', { default: -1 }),
    }), { tag: 1 }),
    maxWaitMs: int32(),
    minBytes: int32(),
    maxBytes: int32('3+', { default: 2147483647, ignorable: true }),
    isolationLevel: int8('4+', { ignorable: true }),
    sessionId: int32('7+', { ignorable: true }),
    sessionEpoch: int32('7+', { default: -1, ignorable: true }),
    topics: array('0+', struct('FetchTopic', {
      topic: string('0-12', { ignorable: true }),
      topicId: uuid('13+', { ignorable: true }),
      partitions: array('0+', struct('FetchPartition', {
        partition: int32(),
        currentLeaderEpoch: int32('9+', { default: -1, ignorable: true }),
        fetchOffset: int64(),
        lastFetchedEpoch: int32('12+', { default: -1 }),
        logStartOffset: int64('5+', { default: -1, ignorable: true }),
        partitionMaxBytes: int32(),
        replicaDirectoryId: uuid('17+', { tag: 0, ignorable: true }),
        // 2^63-1 says that the replica does not tell it (KIP-1166).
        highWatermark: wideInt64('18+', { default: 2n ** 63n - 1n, tag: 1, ignorable: true }),
      })),
    })),
    forgottenTopicsData: array('7+', struct('ForgottenTopic', {
      topic: string('7-12', { ignorable: true }),
      topicId: uuid('13+', { ignorable: true }),
      partitions: array('7+', 'int32'),
    })),
    rackId: string('11+', { ignorable: true }),
  }),
  response: message('4-18', { flexible: '12+' }, {
    throttleTimeMs: int32('1+', { ignorable: true }),
    errorCode: int16('7+', { ignorable: true }),
    sessionId: int32('7+'),
    responses: array('0+', struct('FetchableTopicResponse', {
      topic: string('0-12', { ignorable: true }),
      topicId: uuid('13+', { ignorable: true }),
      partitions: array('0+', struct('PartitionData', {
        partitionIndex: int32(),
        errorCode: int16(),
        highWatermark: int64(),
        lastStableOffset: int64('4+', { default: -1, ignorable: true }),
        logStartOffset: int64('5+', { default: -1, ignorable: true }),
        divergingEpoch: embed('12+', struct('EpochEndOffset', {
          epoch: int32('12+', { default: -1 }),
          endOffset: int64('12+', { default: -1 }),
        }), { tag: 0 }),
        currentLeader: embed('12+', struct('LeaderIdAndEpoch', {
          leaderId: int32('12+', { default: -1 }),
          leaderEpoch: int32('12+', { default: -1 }),
        }), { tag: 1 }),
        snapshotId: embed('12+', struct('SnapshotId', {
          endOffset: int64('0+', { default: -1 }),
          epoch: int32('0+', { default: -1 }),
        }), { tag: 2 }),
        abortedTransactions: array('4+', struct('AbortedTransaction', {
          producerId: int64('4+'),
          firstOffset: int64('4+'),
        }), { nullable: true, ignorable: true }),
        preferredReadReplica: int32('11+', { default: -1 }),
        records: records('0+', { nullable: true }),
      })),
    })),
    nodeEndpoints: array('16+', struct('NodeEndpoint', {
      nodeId: int32('16+'),
      host: string('16+'),
      port: int32('16+'),
      rack: string('16+', { nullable: true, default: null }),
    }), { tag: 0 }),
  }),
});

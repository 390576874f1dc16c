
import { api, array, embed, int16, int32, int64, message, records, string, struct, uint16, uuid } from './notation.ts';

export default api({
  key: 59,
  name: 'FetchSnapshot',
  listeners: ['controller'],
  request: message('0-1', { flexible: '0+' }, {
    clusterId: string('0+', { nullable: true, default: null, tag: 0 }),
    replicaId: int32('0+', { default: -1 }),
    maxBytes: int32('0+', { default: 2147483647 }),
    topics: array('0+', struct('RequestTopicSnapshot', {
      name: string(),
      partitions: array('0+', struct('RequestPartitionSnapshot', {
        partition: int32(),
        currentLeaderEpoch: int32(),
        snapshotId: embed('0+', struct('RequestSnapshotId', {
          endOffset: int64(),
          epoch: int32(),
        })),
        position: int64(),
        replicaDirectoryId: uuid('1+', { tag: 0, ignorable: true }),
      })),
    })),
  }),
  response: message('0-1', { flexible: '0+' }, {
    throttleTimeMs: int32('0+', { ignorable: true }),
    errorCode: int16(),
    topics: array('0+', struct('ResponseTopicSnapshot', {
      name: string(),
      partitions: array('0+', struct('ResponsePartitionSnapshot', {
        index: int32(),
        errorCode: int16(),
        snapshotId: embed('0+', struct('ResponseSnapshotId', {
          endOffset: int64(),
          epoch: int32(),
        })),
        currentLeader: embed('0+', struct('LeaderIdAndEpoch', {
          leaderId: int32(),
          leaderEpoch: int32(),
        }), { tag: 0 }),
        size: int64(),
        position: int64(),
        unalignedRecords: records(),
      })),
    })),
    nodeEndpoints: array('1+', struct('NodeEndpoint', {
      nodeId: int32('1+'),
      host: string('1+'),
      port: uint16('1+'),
    }), { tag: 0 }),
  }),
});

// Vote: a candidate asks for votes in the quorum; pre-votes since version 2 (KIP-595, KIP-996).

import {
  api,
  bool,
  int16,
  int32,
  int64,
  message,
  string,
  structs,
  uint16,
  uuid,
} from './notation.ts';

export default api({
  key: 52,
  name: 'Vote',
  listeners: ['controller'],
  clusterAction: true,
  request: message('0-2', '0+', {
    clusterId: string('0+', { nullable: true, default: null }),
    voterId: int32('1+', { default: -1, ignorable: true }),
    topics: structs('0+', 'RequestTopicData', {
      topicName: string(),
      partitions: structs('0+', 'RequestPartitionData', {
        partitionIndex: int32(),
        replicaEpoch: int32(),
        replicaId: int32(),
        replicaDirectoryId: uuid('1+', { ignorable: true }),
        voterDirectoryId: uuid('1+', { ignorable: true }),
        lastOffsetEpoch: int32(),
        lastOffset: int64(),
        preVote: bool('2+'),
      }),
    }),
  }),
  response: message('0-2', '0+', {
    errorCode: int16(),
    topics: structs('0+', 'ResponseTopicData', {
      topicName: string(),
      partitions: structs('0+', 'ResponsePartitionData', {
        partitionIndex: int32(),
        errorCode: int16(),
        leaderId: int32(),
        leaderEpoch: int32(),
        voteGranted: bool(),
      }),
    }),
    nodeEndpoints: structs({ versions: '1+', tag: 0 }, 'NodeEndpoint', {
      nodeId: int32('1+'),
      host: string('1+'),
      port: uint16('1+'),
    }),
  }),
});

// BeginQuorumEpoch: the quorum's new leader makes itself known.

import { api, int16, int32, message, string, structs, uint16, uuid } from './notation.ts';

export default api({
  key: 53,
  name: 'BeginQuorumEpoch',
  listeners: ['controller'],
  clusterAction: true,
  request: message('0-1', '1+', {
    clusterId: string('0+', { nullable: true, default: null }),
    voterId: int32('1+', { default: -1, ignorable: true }),
    topics: structs('0+', 'RequestTopicData', {
      topicName: string(),
      partitions: structs('0+', 'RequestPartitionData', {
        partitionIndex: int32(),
        voterDirectoryId: uuid('1+', { ignorable: true }),
        leaderId: int32(),
        leaderEpoch: int32(),
      }),
    }),
    leaderEndpoints: structs({ versions: '1+', ignorable: true }, 'LeaderEndpoint', {
      name: string('1+'),
      host: string('1+'),
      port: uint16('1+'),
    }),
  }),
  response: message('0-1', '1+', {
    errorCode: int16(),
    topics: structs('0+', 'ResponseTopicData', {
      topicName: string(),
      partitions: structs('0+', 'ResponsePartitionData', {
        partitionIndex: int32(),
        errorCode: int16(),
        leaderId: int32(),
        leaderEpoch: int32(),
      }),
    }),
    nodeEndpoints: structs({ versions: '1+', tag: 0 }, 'NodeEndpoint', {
      nodeId: int32('1+'),
      host: string('1+'),
      port: uint16('1+'),
    }),
  }),
});

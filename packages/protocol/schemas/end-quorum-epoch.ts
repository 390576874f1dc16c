// EndQuorumEpoch: the quorum's leader steps down and names who should follow.

import { api, array, int16, int32, message, string, structs, uint16, uuid } from './notation.ts';

export default api({
  key: 54,
  name: 'EndQuorumEpoch',
  listeners: ['controller'],
  clusterAction: true,
  request: message('0-1', '1+', {
    clusterId: string('0+', { nullable: true, default: null }),
    topics: structs('0+', 'RequestTopicData', {
      topicName: string(),
      partitions: structs('0+', 'RequestPartitionData', {
        partitionIndex: int32(),
        leaderId: int32(),
        leaderEpoch: int32(),
        preferredSuccessors: array('0', 'int32', { ignorable: true }),
        preferredCandidates: structs({ versions: '1+', ignorable: true }, 'ReplicaInfo', {
          candidateId: int32('1+'),
          candidateDirectoryId: uuid('1+'),
        }),
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

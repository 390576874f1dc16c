
import { api, array, int16, int32, message, string, struct, uint16, uuid } from './notation.ts';

export default api({
  key: 54,
  name: 'EndQuorumEpoch',
  listeners: ['controller'],
  request: message('0-1', { flexible: '1+' }, {
    clusterId: string('0+', { nullable: true, default: null }),
    topics: array('0+', struct('RequestTopicData', {
      topicName: string(),
      partitions: array('0+', struct('RequestPartitionData', {
        partitionIndex: int32(),
        leaderId: int32(),
        leaderEpoch: int32(),
        preferredSuccessors: array('0', 'int32', { ignorable: true }),
        preferredCandidates: array('1+', struct('ReplicaInfo', {
          candidateId: int32('1+'),
          candidateDirectoryId: uuid('1+'),
        }), { ignorable: true }),
      })),
    })),
    leaderEndpoints: array('1+', struct('LeaderEndpoint', {
      name: string('1+'),
      host: string('1+'),
      port: uint16('1+'),
    }), { ignorable: true }),
  }),
  response: message('0-1', { flexible: '1+' }, {
    errorCode: int16(),
    topics: array('0+', struct('ResponseTopicData', {
      topicName: string(),
      partitions: array('0+', struct('ResponsePartitionData', {
        partitionIndex: int32(),
        errorCode: int16(),
        leaderId: int32(),
        leaderEpoch: int32(),
      })),
    })),
    nodeEndpoints: array('1+', struct('NodeEndpoint', {
      nodeId: int32('1+'),
      host: string('1+'),
      port: uint16('1+'),
    }), { tag: 0 }),
  }),
});


import { api, array, bool, int16, int32, int64, message, string, struct, uint16, uuid } from './notation.ts';

export default api({
  key: 52,
  name: 'Vote',
  listeners: ['controller'],
  request: message('0-2', { flexible: '0+' }, {
    clusterId: string('0+', { nullable: true, default: null }),
    voterId: int32('1+', { default: -1, ignorable: true }),
    topics: array('0+', struct('RequestTopicData', {
      topicName: string(),
      partitions: array('0+', struct('RequestPartitionData', {
        partitionIndex: int32(),
        replicaEpoch: int32(),
        replicaId: int32(),
        replicaDirectoryId: uuid('1+', { ignorable: true }),
        voterDirectoryId: uuid('1+', { ignorable: true }),
        lastOffsetEpoch: int32(),
        lastOffset: int64(),
        preVote: bool('2+'),
      })),
    })),
  }),
  response: message('0-2', { flexible: '0+' }, {
    errorCode: int16(),
    topics: array('0+', struct('ResponseTopicData', {
      topicName: string(),
      partitions: array('0+', struct('ResponsePartitionData', {
        partitionIndex: int32(),
        errorCode: int16(),
        leaderId: int32(),
        leaderEpoch: int32(),
        voteGranted: bool(),
      })),
    })),
    nodeEndpoints: array('1+', struct('NodeEndpoint', {
      nodeId: int32('1+'),
      host: string('1+'),
      port: uint16('1+'),
    }), { tag: 0 }),
  }),
});

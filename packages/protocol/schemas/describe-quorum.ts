
import { api, array, int16, int32, int64, message, string, struct, uint16, uuid } from './notation.ts';

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
  request: message('0-2', { flexible: '0+' }, {
    topics: array('0+', struct('RequestTopicData', {
      topicName: string(),
      partitions: array('0+', struct('RequestPartitionData', {
        partitionIndex: int32(),
      })),
    })),
  }),
  response: message('0-2', { flexible: '0+' }, {
    errorCode: int16(),
    errorMessage: string('2+', { nullable: true, ignorable: true }),
    topics: array('0+', struct('ResponseTopicData', {
      topicName: string(),
      partitions: array('0+', struct('ResponsePartitionData', {
        partitionIndex: int32(),
        errorCode: int16(),
        errorMessage: string('2+', { nullable: true, ignorable: true }),
        leaderId: int32(),
        leaderEpoch: int32(),
        highWatermark: int64(),
        currentVoters: array('0+', replicaState),
        observers: array('0+', replicaState),
      })),
    })),
    nodes: array('2+', struct('Node', {
      nodeId: int32('2+'),
      listeners: array('2+', struct('Listener', {
        name: string('2+'),
        host: string('2+'),
        port: uint16('2+'),
      })),
    })),
  }),
});


import { api, array, int16, int32, int64, message, struct, uuid } from './notation.ts';

export default api({
  key: 73,
  name: 'AssignReplicasToDirs',
  listeners: ['controller'],
  request: message('0', { flexible: '0+' }, {
    brokerId: int32(),
    brokerEpoch: int64('0+', { default: -1 }),
    directories: array('0+', struct('RequestDirectoryData', {
      id: uuid(),
      topics: array('0+', struct('RequestTopicData', {
        topicId: uuid(),
        partitions: array('0+', struct('RequestPartitionData', {
          partitionIndex: int32(),
        })),
      })),
    })),
  }),
  response: message('0', { flexible: '0+' }, {
    throttleTimeMs: int32(),
    errorCode: int16(),
    directories: array('0+', struct('ResponseDirectoryData', {
      id: uuid(),
      topics: array('0+', struct('ResponseTopicData', {
        topicId: uuid(),
        partitions: array('0+', struct('ResponsePartitionData', {
          partitionIndex: int32(),
          errorCode: int16(),
        })),
      })),
    })),
  }),
});

// AssignReplicasToDirs: a broker tells the controller which log directory holds which replica
// (KIP-858).

import { api, int16, int32, int64, message, structs, uuid } from './notation.ts';

export default api({
  key: 73,
  name: 'AssignReplicasToDirs',
  listeners: ['controller'],
  request: message('0', '0+', {
    brokerId: int32(),
    brokerEpoch: int64('0+', { default: -1 }),
    directories: structs('0+', 'RequestDirectoryData', {
      id: uuid(),
      topics: structs('0+', 'RequestTopicData', {
        topicId: uuid(),
        partitions: structs('0+', 'RequestPartitionData', {
          partitionIndex: int32(),
        }),
      }),
    }),
  }),
  response: message('0', '0+', {
    throttleTimeMs: int32(),
    errorCode: int16(),
    directories: structs('0+', 'ResponseDirectoryData', {
      id: uuid(),
      topics: structs('0+', 'ResponseTopicData', {
        topicId: uuid(),
        partitions: structs('0+', 'ResponsePartitionData', {
          partitionIndex: int32(),
          errorCode: int16(),
        }),
      }),
    }),
  }),
});

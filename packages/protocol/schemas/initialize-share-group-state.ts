// InitializeShareGroupState: the group coordinator sets up the state of a share partition with the
// share coordinator.

import { api, int16, int32, int64, message, string, structs, uuid } from './notation.ts';

export default api({
  key: 83,
  name: 'InitializeShareGroupState',
  listeners: ['broker'],
  clusterAction: true,
  request: message('0', '0+', {
    groupId: string(),
    topics: structs('0+', 'InitializeStateData', {
      topicId: uuid(),
      partitions: structs('0+', 'PartitionData', {
        partition: int32(),
        stateEpoch: int32(),
        startOffset: int64(),
      }),
    }),
  }),
  response: message('0', '0+', {
    results: structs('0+', 'InitializeStateResult', {
      topicId: uuid(),
      partitions: structs('0+', 'PartitionResult', {
        partition: int32(),
        errorCode: int16(),
        errorMessage: string('0+', { nullable: true, default: null }),
      }),
    }),
  }),
});

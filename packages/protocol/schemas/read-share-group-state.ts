// ReadShareGroupState: a share partition's leader reads the stored state.

import { api, int16, int32, int64, int8, message, string, structs, uuid } from './notation.ts';

export default api({
  key: 84,
  name: 'ReadShareGroupState',
  listeners: ['broker'],
  clusterAction: true,
  request: message('0', '0+', {
    groupId: string(),
    topics: structs('0+', 'ReadStateData', {
      topicId: uuid(),
      partitions: structs('0+', 'PartitionData', {
        partition: int32(),
        leaderEpoch: int32(),
      }),
    }),
  }),
  response: message('0', '0+', {
    results: structs('0+', 'ReadStateResult', {
      topicId: uuid(),
      partitions: structs('0+', 'PartitionResult', {
        partition: int32(),
        errorCode: int16(),
        errorMessage: string('0+', { nullable: true, default: null }),
        stateEpoch: int32(),
        startOffset: int64(),
        stateBatches: structs('0+', 'StateBatch', {
          firstOffset: int64(),
          lastOffset: int64(),
          deliveryState: int8(),
          deliveryCount: int16(),
        }),
      }),
    }),
  }),
});

// WriteShareGroupState: a share partition's leader stores changed state.

import { api, int16, int32, int64, int8, message, string, structs, uuid } from './notation.ts';

export default api({
  key: 85,
  name: 'WriteShareGroupState',
  listeners: ['broker'],
  clusterAction: true,
  request: message('0-1', '0+', {
    groupId: string(),
    topics: structs('0+', 'WriteStateData', {
      topicId: uuid(),
      partitions: structs('0+', 'PartitionData', {
        partition: int32(),
        stateEpoch: int32(),
        leaderEpoch: int32(),
        startOffset: int64(),
        deliveryCompleteCount: int32('1+', { default: -1, ignorable: true }),
        stateBatches: structs('0+', 'StateBatch', {
          firstOffset: int64(),
          lastOffset: int64(),
          deliveryState: int8(),
          deliveryCount: int16(),
        }),
      }),
    }),
  }),
  response: message('0-1', '0+', {
    results: structs('0+', 'WriteStateResult', {
      topicId: uuid(),
      partitions: structs('0+', 'PartitionResult', {
        partition: int32(),
        errorCode: int16(),
        errorMessage: string('0+', { nullable: true, default: null }),
      }),
    }),
  }),
});

// ReadShareGroupStateSummary: reads the start offset of a share partition without its batches.

import { api, int16, int32, int64, message, string, structs, uuid } from './notation.ts';

export default api({
  key: 87,
  name: 'ReadShareGroupStateSummary',
  listeners: ['broker'],
  clusterAction: true,
  request: message('0-1', '0+', {
    groupId: string(),
    topics: structs('0+', 'ReadStateSummaryData', {
      topicId: uuid(),
      partitions: structs('0+', 'PartitionData', {
        partition: int32(),
        leaderEpoch: int32(),
      }),
    }),
  }),
  response: message('0-1', '0+', {
    results: structs('0+', 'ReadStateSummaryResult', {
      topicId: uuid(),
      partitions: structs('0+', 'PartitionResult', {
        partition: int32(),
        errorCode: int16(),
        errorMessage: string('0+', { nullable: true, default: null }),
        stateEpoch: int32(),
        leaderEpoch: int32(),
        startOffset: int64(),
        deliveryCompleteCount: int32('1+', { default: -1, ignorable: true }),
      }),
    }),
  }),
});

// DeleteRecords: moves the start of partitions' logs forward.

import { api, int16, int32, int64, message, string, structs } from './notation.ts';

export default api({
  key: 21,
  name: 'DeleteRecords',
  listeners: ['broker'],
  request: message('0-2', '2+', {
    topics: structs('0+', 'DeleteRecordsTopic', {
      name: string(),
      partitions: structs('0+', 'DeleteRecordsPartition', {
        partitionIndex: int32(),
        offset: int64(),
      }),
    }),
    timeoutMs: int32(),
  }),
  response: message('0-2', '2+', {
    throttleTimeMs: int32(),
    topics: structs('0+', 'DeleteRecordsTopicResult', {
      name: string(),
      partitions: structs('0+', 'DeleteRecordsPartitionResult', {
        partitionIndex: int32(),
        lowWatermark: int64(),
        errorCode: int16(),
      }),
    }),
  }),
});

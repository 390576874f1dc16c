
import { api, array, int16, int32, int64, message, string, struct } from './notation.ts';

export default api({
  key: 21,
  name: 'DeleteRecords',
  listeners: ['broker'],
  request: message('0-2', { flexible: '2+' }, {
    topics: array('0+', struct('DeleteRecordsTopic', {
      name: string(),
      partitions: array('0+', struct('DeleteRecordsPartition', {
        partitionIndex: int32(),
        offset: int64(),
      })),
    })),
    timeoutMs: int32(),
  }),
  response: message('0-2', { flexible: '2+' }, {
    throttleTimeMs: int32(),
    topics: array('0+', struct('DeleteRecordsTopicResult', {
      name: string(),
      partitions: array('0+', struct('DeleteRecordsPartitionResult', {
        partitionIndex: int32(),
        lowWatermark: int64(),
        errorCode: int16(),
      })),
    })),
  }),
});

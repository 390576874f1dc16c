
import { api, array, int16, int32, int64, message, string, struct, uuid } from './notation.ts';

export default api({
  key: 87,
  name: 'ReadShareGroupStateSummary',
  listeners: ['broker'],
  request: message('0-1', { flexible: '0+' }, {
    groupId: string(),
    topics: array('0+', struct('ReadStateSummaryData', {
      topicId: uuid(),
      partitions: array('0+', struct('PartitionData', {
        partition: int32(),
        leaderEpoch: int32(),
      })),
    })),
  }),
  response: message('0-1', { flexible: '0+' }, {
    results: array('0+', struct('ReadStateSummaryResult', {
      topicId: uuid(),
      partitions: array('0+', struct('PartitionResult', {
        partition: int32(),
        errorCode: int16(),
        errorMessage: string('0+', { nullable: true, default: null }),
        stateEpoch: int32(),
        leaderEpoch: int32(),
        startOffset: int64(),
        deliveryCompleteCount: int32('1+', { default: -1, ignorable: true }),
      })),
    })),
  }),
});


import { api, array, int16, int32, int64, int8, message, string, struct, uuid } from './notation.ts';

export default api({
  key: 84,
  name: 'ReadShareGroupState',
  listeners: ['broker'],
  request: message('0', { flexible: '0+' }, {
    groupId: string(),
    topics: array('0+', struct('ReadStateData', {
      topicId: uuid(),
      partitions: array('0+', struct('PartitionData', {
        partition: int32(),
        leaderEpoch: int32(),
      })),
    })),
  }),
  response: message('0', { flexible: '0+' }, {
    results: array('0+', struct('ReadStateResult', {
      topicId: uuid(),
      partitions: array('0+', struct('PartitionResult', {
        partition: int32(),
        errorCode: int16(),
        errorMessage: string('0+', { nullable: true, default: null }),
        stateEpoch: int32(),
        startOffset: int64(),
        stateBatches: array('0+', struct('StateBatch', {
          firstOffset: int64(),
          lastOffset: int64(),
          deliveryState: int8(),
          deliveryCount: int16(),
        })),
      })),
    })),
  }),
});


import { api, array, bool, int16, int32, int64, int8, message, string, struct } from './notation.ts';

export default api({
  key: 27,
  name: 'WriteTxnMarkers',
  listeners: ['broker'],
  request: message('1-2', { flexible: '1+' }, {
    markers: array('0+', struct('WritableTxnMarker', {
      producerId: int64(),
      producerEpoch: int16(),
      transactionResult: bool(),
      topics: array('0+', struct('WritableTxnMarkerTopic', {
        name: string(),
        partitionIndexes: array('0+', 'int32'),
      })),
      coordinatorEpoch: int32(),
      transactionVersion: int8('2+', { ignorable: true }),
    })),
  }),
  response: message('1-2', { flexible: '1+' }, {
    markers: array('0+', struct('WritableTxnMarkerResult', {
      producerId: int64(),
      topics: array('0+', struct('WritableTxnMarkerTopicResult', {
        name: string(),
        partitions: array('0+', struct('WritableTxnMarkerPartitionResult', {
          partitionIndex: int32(),
          errorCode: int16(),
        })),
      })),
    })),
  }),
});

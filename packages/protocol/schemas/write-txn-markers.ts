// WriteTxnMarkers: the transaction coordinator has the leaders of partitions write commit or abort
// markers.

import {
  api,
  array,
  bool,
  int16,
  int32,
  int64,
  int8,
  message,
  string,
  structs,
} from './notation.ts';

export default api({
  key: 27,
  name: 'WriteTxnMarkers',
  listeners: ['broker'],
  clusterAction: true,
  request: message('1-2', '1+', {
    markers: structs('0+', 'WritableTxnMarker', {
      producerId: int64(),
      producerEpoch: int16(),
      transactionResult: bool(),
      topics: structs('0+', 'WritableTxnMarkerTopic', {
        name: string(),
        partitionIndexes: array('0+', 'int32'),
      }),
      coordinatorEpoch: int32(),
      transactionVersion: int8('2+', { ignorable: true }),
    }),
  }),
  response: message('1-2', '1+', {
    markers: structs('0+', 'WritableTxnMarkerResult', {
      producerId: int64(),
      topics: structs('0+', 'WritableTxnMarkerTopicResult', {
        name: string(),
        partitions: structs('0+', 'WritableTxnMarkerPartitionResult', {
          partitionIndex: int32(),
          errorCode: int16(),
        }),
      }),
    }),
  }),
});

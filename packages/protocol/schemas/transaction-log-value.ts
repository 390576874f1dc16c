// TransactionLogValue: state of a transactional id: producer, epoch, partitions of the transaction.

import {
  array,
  int16,
  int32,
  int64,
  int8,
  message,
  standalone,
  string,
  structs,
} from './notation.ts';

export default standalone({
  name: 'TransactionLogValue',
  key: 0,
  message: message('0-1', '1+', {
    producerId: int64(),
    previousProducerId: int64('1+', { default: -1, tag: 0 }),
    nextProducerId: int64('1+', { default: -1, tag: 1 }),
    producerEpoch: int16(),
    nextProducerEpoch: int16('1+', { default: -1, tag: 3 }),
    transactionTimeoutMs: int32(),
    transactionStatus: int8(),
    transactionPartitions: structs({ versions: '0+', nullable: true }, 'PartitionsSchema', {
      topic: string(),
      partitionIds: array('0+', 'int32'),
    }),
    transactionLastUpdateTimestampMs: int64(),
    transactionStartTimestampMs: int64(),
    clientTransactionVersion: int16('1+', { tag: 2 }),
  }),
});

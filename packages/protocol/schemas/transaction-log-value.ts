
import { array, int16, int32, int64, int8, message, standalone, string, struct } from './notation.ts';

export default standalone({
  name: 'TransactionLogValue',
  key: 0,
  message: message('0-1', { flexible: '1+' }, {
    producerId: int64(),
    previousProducerId: int64('1+', { default: -1, tag: 0 }),
    nextProducerId: int64('1+', { default: -1, tag: 1 }),
    producerEpoch: int16(),
    nextProducerEpoch: int16('1+', { default: -1, tag: 3 }),
    transactionTimeoutMs: int32(),
    transactionStatus: int8(),
    transactionPartitions: array('0+', struct('PartitionsSchema', {
      topic: string(),
      partitionIds: array('0+', 'int32'),
    }), { nullable: true }),
    transactionLastUpdateTimestampMs: int64(),
    transactionStartTimestampMs: int64(),
    clientTransactionVersion: int16('1+', { tag: 2 }),
  }),
});

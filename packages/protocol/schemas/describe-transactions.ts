// DescribeTransactions: tells the state of transactional ids.

import { api, array, int16, int32, int64, message, string, structs } from './notation.ts';

export default api({
  key: 65,
  name: 'DescribeTransactions',
  listeners: ['broker'],
  request: message('0', '0+', {
    transactionalIds: array('0+', 'string'),
  }),
  response: message('0', '0+', {
    throttleTimeMs: int32(),
    transactionStates: structs('0+', 'TransactionState', {
      errorCode: int16(),
      transactionalId: string(),
      transactionState: string(),
      transactionTimeoutMs: int32(),
      transactionStartTimeMs: int64(),
      producerId: int64(),
      producerEpoch: int16(),
      topics: structs('0+', 'TopicData', {
        topic: string(),
        partitions: array('0+', 'int32'),
      }),
    }),
  }),
});


import { api, array, int16, int32, int64, message, string, struct } from './notation.ts';

export default api({
  key: 65,
  name: 'DescribeTransactions',
  listeners: ['broker'],
  request: message('0', { flexible: '0+' }, {
    transactionalIds: array('0+', 'string'),
  }),
  response: message('0', { flexible: '0+' }, {
    throttleTimeMs: int32(),
    transactionStates: array('0+', struct('TransactionState', {
      errorCode: int16(),
      transactionalId: string(),
      transactionState: string(),
      transactionTimeoutMs: int32(),
      transactionStartTimeMs: int64(),
      producerId: int64(),
      producerEpoch: int16(),
      topics: array('0+', struct('TopicData', {
        topic: string(),
        partitions: array('0+', 'int32'),
      })),
    })),
  }),
});

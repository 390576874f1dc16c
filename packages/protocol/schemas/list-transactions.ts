// ListTransactions: lists a coordinator's transactional ids, by state, producer and duration.

import { api, array, int16, int32, int64, message, string, structs } from './notation.ts';

export default api({
  key: 66,
  name: 'ListTransactions',
  listeners: ['broker'],
  request: message('0-2', '0+', {
    stateFilters: array('0+', 'string'),
    producerIdFilters: array('0+', 'int64'),
    durationFilter: int64('1+', { default: -1 }),
    transactionalIdPattern: string('2+', { nullable: true, default: null }),
  }),
  response: message('0-2', '0+', {
    throttleTimeMs: int32(),
    errorCode: int16(),
    unknownStateFilters: array('0+', 'string'),
    transactionStates: structs('0+', 'TransactionState', {
      transactionalId: string(),
      producerId: int64(),
      transactionState: string(),
    }),
  }),
});

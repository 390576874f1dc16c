// EndTxn: commits or aborts a transaction.

import { api, bool, int16, int32, int64, message, string } from './notation.ts';

export default api({
  key: 26,
  name: 'EndTxn',
  listeners: ['broker'],
  request: message('0-5', '3+', {
    transactionalId: string(),
    producerId: int64(),
    producerEpoch: int16(),
    committed: bool(),
  }),
  response: message('0-5', '3+', {
    throttleTimeMs: int32(),
    errorCode: int16(),
    producerId: int64('5+', { default: -1, ignorable: true }),
    producerEpoch: int16('5+', { default: -1, ignorable: true }),
  }),
});

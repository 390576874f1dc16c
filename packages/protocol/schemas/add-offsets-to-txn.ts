// AddOffsetsToTxn: adds a group's offsets partition to a transaction.

import { api, int16, int32, int64, message, string } from './notation.ts';

export default api({
  key: 25,
  name: 'AddOffsetsToTxn',
  listeners: ['broker'],
  request: message('0-4', '3+', {
    transactionalId: string(),
    producerId: int64(),
    producerEpoch: int16(),
    groupId: string(),
  }),
  response: message('0-4', '3+', {
    throttleTimeMs: int32(),
    errorCode: int16(),
  }),
});

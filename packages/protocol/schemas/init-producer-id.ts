// InitProducerId: gives an idempotent or transactional producer its id and epoch. Version 6 belongs
// to two-phase commit (KIP-939) and is not stable.

import { api, bool, int16, int32, int64, message, string } from './notation.ts';

export default api({
  key: 22,
  name: 'InitProducerId',
  listeners: ['broker'],
  latestUnstable: true,
  request: message('0-6', '2+', {
    transactionalId: string('0+', { nullable: true }),
    transactionTimeoutMs: int32(),
    producerId: int64('3+', { default: -1 }),
    producerEpoch: int16('3+', { default: -1 }),
    enable2Pc: bool('6+'),
    keepPreparedTxn: bool('6+'),
  }),
  response: message('0-6', '2+', {
    throttleTimeMs: int32('0+', { ignorable: true }),
    errorCode: int16(),
    producerId: int64('0+', { default: -1 }),
    producerEpoch: int16(),
    ongoingTxnProducerId: int64('6+', { default: -1 }),
    ongoingTxnProducerEpoch: int16('6+', { default: -1 }),
  }),
});

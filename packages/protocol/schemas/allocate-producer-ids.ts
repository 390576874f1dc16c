// AllocateProducerIds: a broker gets a block of producer ids from the controller (KIP-730).

import { api, int16, int32, int64, message } from './notation.ts';

export default api({
  key: 67,
  name: 'AllocateProducerIds',
  listeners: ['controller'],
  clusterAction: true,
  forwardable: true,
  request: message('0', '0+', {
    brokerId: int32(),
    brokerEpoch: int64('0+', { default: -1 }),
  }),
  response: message('0', '0+', {
    throttleTimeMs: int32(),
    errorCode: int16(),
    producerIdStart: int64(),
    producerIdLen: int32(),
  }),
});

// Envelope: carries a client's request from a broker to the controller, with the principal
// (KIP-590).

import { api, bytes, int16, message } from './notation.ts';

export default api({
  key: 58,
  name: 'Envelope',
  listeners: ['controller'],
  clusterAction: true,
  request: message('0', '0+', {
    requestData: bytes(),
    requestPrincipal: bytes('0+', { nullable: true }),
    clientHostAddress: bytes(),
  }),
  response: message('0', '0+', {
    responseData: bytes('0+', { nullable: true, default: null }),
    errorCode: int16(),
  }),
});

// UnregisterBroker: removes the registration of a broker that will not come back.

import { api, int16, int32, message, string } from './notation.ts';

export default api({
  key: 64,
  name: 'UnregisterBroker',
  listeners: ['broker', 'controller'],
  forwardable: true,
  request: message('0', '0+', {
    brokerId: int32(),
  }),
  response: message('0', '0+', {
    throttleTimeMs: int32(),
    errorCode: int16(),
    errorMessage: string('0+', { nullable: true }),
  }),
});

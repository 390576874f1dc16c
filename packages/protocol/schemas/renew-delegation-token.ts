// RenewDelegationToken: prolongs a delegation token.

import { api, bytes, int16, int32, int64, message } from './notation.ts';

export default api({
  key: 39,
  name: 'RenewDelegationToken',
  listeners: ['broker', 'controller'],
  forwardable: true,
  request: message('1-2', '2+', {
    hmac: bytes(),
    renewPeriodMs: int64(),
  }),
  response: message('1-2', '2+', {
    errorCode: int16(),
    expiryTimestampMs: int64(),
    throttleTimeMs: int32(),
  }),
});

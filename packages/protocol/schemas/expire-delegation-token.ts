// ExpireDelegationToken: shortens the life of a delegation token, or ends it.

import { api, bytes, int16, int32, int64, message } from './notation.ts';

export default api({
  key: 40,
  name: 'ExpireDelegationToken',
  listeners: ['broker', 'controller'],
  forwardable: true,
  request: message('1-2', '2+', {
    hmac: bytes(),
    expiryTimePeriodMs: int64(),
  }),
  response: message('1-2', '2+', {
    errorCode: int16(),
    expiryTimestampMs: int64(),
    throttleTimeMs: int32(),
  }),
});

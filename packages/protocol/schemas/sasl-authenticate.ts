// SaslAuthenticate: carries the tokens of a SASL exchange.

import { api, bytes, int16, int64, message, string } from './notation.ts';

export default api({
  key: 36,
  name: 'SaslAuthenticate',
  listeners: ['broker', 'controller'],
  request: message('0-2', '2+', {
    authBytes: bytes(),
  }),
  response: message('0-2', '2+', {
    errorCode: int16(),
    errorMessage: string('0+', { nullable: true }),
    authBytes: bytes(),
    sessionLifetimeMs: int64('1+', { ignorable: true }),
  }),
});

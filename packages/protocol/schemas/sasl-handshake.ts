// SaslHandshake: picks the SASL mechanism; from version 1 on the tokens travel in SaslAuthenticate.

import { api, array, int16, message, string } from './notation.ts';

export default api({
  key: 17,
  name: 'SaslHandshake',
  listeners: ['broker', 'controller'],
  request: message('0-1', 'none', {
    mechanism: string(),
  }),
  response: message('0-1', 'none', {
    errorCode: int16(),
    mechanisms: array('0+', 'string'),
  }),
});

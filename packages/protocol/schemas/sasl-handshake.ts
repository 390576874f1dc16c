
import { api, array, int16, message, string } from './notation.ts';

export default api({
  key: 17,
  name: 'SaslHandshake',
  listeners: ['broker', 'controller'],
  request: message('0-1', {}, {
    mechanism: string(),
  }),
  response: message('0-1', {}, {
    errorCode: int16(),
    mechanisms: array('0+', 'string'),
  }),
});

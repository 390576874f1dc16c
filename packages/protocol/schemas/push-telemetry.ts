// PushTelemetry: a client sends its metrics.

import { api, bool, bytes, int16, int32, int8, message, uuid } from './notation.ts';

export default api({
  key: 72,
  name: 'PushTelemetry',
  listeners: ['broker'],
  request: message('0', '0+', {
    clientInstanceId: uuid(),
    subscriptionId: int32(),
    terminating: bool(),
    compressionType: int8(),
    metrics: bytes(),
  }),
  response: message('0', '0+', {
    throttleTimeMs: int32(),
    errorCode: int16(),
  }),
});

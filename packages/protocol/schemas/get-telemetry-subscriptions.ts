// GetTelemetrySubscriptions: a client learns which metrics the server wants of it (KIP-714).

import { api, array, bool, int16, int32, message, uuid } from './notation.ts';

export default api({
  key: 71,
  name: 'GetTelemetrySubscriptions',
  listeners: ['broker'],
  request: message('0', '0+', {
    clientInstanceId: uuid(),
  }),
  response: message('0', '0+', {
    throttleTimeMs: int32(),
    errorCode: int16(),
    clientInstanceId: uuid(),
    subscriptionId: int32(),
    acceptedCompressionTypes: array('0+', 'int8'),
    pushIntervalMs: int32(),
    telemetryMaxBytes: int32(),
    deltaTemporality: bool(),
    requestedMetrics: array('0+', 'string'),
  }),
});

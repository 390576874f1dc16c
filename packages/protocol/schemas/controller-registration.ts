// ControllerRegistration: a controller registers with the active one.

import { api, bool, int16, int32, message, string, structs, uint16, uuid } from './notation.ts';

export default api({
  key: 70,
  name: 'ControllerRegistration',
  listeners: ['controller'],
  request: message('0', '0+', {
    controllerId: int32(),
    incarnationId: uuid(),
    zkMigrationReady: bool(),
    listeners: structs('0+', 'Listener', {
      name: string(),
      host: string(),
      port: uint16(),
      securityProtocol: int16(),
    }),
    features: structs('0+', 'Feature', {
      name: string(),
      minSupportedVersion: int16(),
      maxSupportedVersion: int16(),
    }),
  }),
  response: message('0', '0+', {
    throttleTimeMs: int32(),
    errorCode: int16(),
    errorMessage: string('0+', { nullable: true }),
  }),
});

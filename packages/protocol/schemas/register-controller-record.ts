// RegisterControllerRecord: metadata record: a controller has registered.

import {
  bool,
  int16,
  int32,
  message,
  standalone,
  string,
  structs,
  uint16,
  uuid,
} from './notation.ts';

export default standalone({
  name: 'RegisterControllerRecord',
  key: 27,
  message: message('0', '0+', {
    controllerId: int32(),
    incarnationId: uuid(),
    zkMigrationReady: bool(),
    endPoints: structs('0+', 'ControllerEndpoint', {
      name: string(),
      host: string(),
      port: uint16(),
      securityProtocol: int16(),
    }),
    features: structs('0+', 'ControllerFeature', {
      name: string(),
      minSupportedVersion: int16(),
      maxSupportedVersion: int16(),
    }),
  }),
});

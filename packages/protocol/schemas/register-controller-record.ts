
import { array, bool, int16, int32, message, standalone, string, struct, uint16, uuid } from './notation.ts';

export default standalone({
  name: 'RegisterControllerRecord',
  key: 27,
  message: message('0', { flexible: '0+' }, {
    controllerId: int32(),
    incarnationId: uuid(),
    zkMigrationReady: bool(),
    endPoints: array('0+', struct('ControllerEndpoint', {
      name: string(),
      host: string(),
      port: uint16(),
      securityProtocol: int16(),
    })),
    features: array('0+', struct('ControllerFeature', {
      name: string(),
      minSupportedVersion: int16(),
      maxSupportedVersion: int16(),
    })),
  }),
});

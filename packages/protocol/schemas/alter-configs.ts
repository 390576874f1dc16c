
import { api, array, bool, int16, int32, int8, message, string, struct } from './notation.ts';

export default api({
  key: 33,
  name: 'AlterConfigs',
  listeners: ['broker', 'controller'],
  request: message('0-2', { flexible: '2+' }, {
    resources: array('0+', struct('AlterConfigsResource', {
      resourceType: int8(),
      resourceName: string(),
      configs: array('0+', struct('AlterableConfig', {
        name: string(),
        value: string('0+', { nullable: true }),
      })),
    })),
    validateOnly: bool(),
  }),
  response: message('0-2', { flexible: '2+' }, {
    throttleTimeMs: int32(),
    responses: array('0+', struct('AlterConfigsResourceResponse', {
      errorCode: int16(),
      errorMessage: string('0+', { nullable: true }),
      resourceType: int8(),
      resourceName: string(),
    })),
  }),
});


import { api, array, bool, int16, int32, int8, message, string, struct } from './notation.ts';

export default api({
  key: 44,
  name: 'IncrementalAlterConfigs',
  listeners: ['broker', 'controller'],
  request: message('0-1', { flexible: '1+' }, {
    resources: array('0+', struct('AlterConfigsResource', {
      resourceType: int8(),
      resourceName: string(),
      configs: array('0+', struct('AlterableConfig', {
        name: string(),
        configOperation: int8(),
        value: string('0+', { nullable: true }),
      })),
    })),
    validateOnly: bool(),
  }),
  response: message('0-1', { flexible: '1+' }, {
    throttleTimeMs: int32(),
    responses: array('0+', struct('AlterConfigsResourceResponse', {
      errorCode: int16(),
      errorMessage: string('0+', { nullable: true }),
      resourceType: int8(),
      resourceName: string(),
    })),
  }),
});

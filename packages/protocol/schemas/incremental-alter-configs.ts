// IncrementalAlterConfigs: sets, deletes, appends to and subtracts from single configs (KIP-339).

import { api, bool, int16, int32, int8, message, string, structs } from './notation.ts';

export default api({
  key: 44,
  name: 'IncrementalAlterConfigs',
  listeners: ['broker', 'controller'],
  forwardable: true,
  request: message('0-1', '1+', {
    resources: structs('0+', 'AlterConfigsResource', {
      resourceType: int8(),
      resourceName: string(),
      configs: structs('0+', 'AlterableConfig', {
        name: string(),
        configOperation: int8(),
        value: string('0+', { nullable: true }),
      }),
    }),
    validateOnly: bool(),
  }),
  response: message('0-1', '1+', {
    throttleTimeMs: int32(),
    responses: structs('0+', 'AlterConfigsResourceResponse', {
      errorCode: int16(),
      errorMessage: string('0+', { nullable: true }),
      resourceType: int8(),
      resourceName: string(),
    }),
  }),
});

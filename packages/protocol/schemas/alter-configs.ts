// AlterConfigs: replaces all configs of resources at once; IncrementalAlterConfigs is the one to
// use.

import { api, bool, int16, int32, int8, message, string, structs } from './notation.ts';

export default api({
  key: 33,
  name: 'AlterConfigs',
  listeners: ['broker', 'controller'],
  forwardable: true,
  request: message('0-2', '2+', {
    resources: structs('0+', 'AlterConfigsResource', {
      resourceType: int8(),
      resourceName: string(),
      configs: structs('0+', 'AlterableConfig', {
        name: string(),
        value: string('0+', { nullable: true }),
      }),
    }),
    validateOnly: bool(),
  }),
  response: message('0-2', '2+', {
    throttleTimeMs: int32(),
    responses: structs('0+', 'AlterConfigsResourceResponse', {
      errorCode: int16(),
      errorMessage: string('0+', { nullable: true }),
      resourceType: int8(),
      resourceName: string(),
    }),
  }),
});

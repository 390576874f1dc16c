// ListConfigResources: lists the resources that have configs; version 0 knew client metrics only.

import { api, array, int16, int32, int8, message, string, structs } from './notation.ts';

export default api({
  key: 74,
  name: 'ListConfigResources',
  listeners: ['broker'],
  request: message('0-1', '0+', {
    resourceTypes: array('1+', 'int8'),
  }),
  response: message('0-1', '0+', {
    throttleTimeMs: int32(),
    errorCode: int16(),
    configResources: structs('0+', 'ConfigResource', {
      resourceName: string(),
      resourceType: int8('1+', { default: 16, ignorable: true }),
    }),
  }),
});

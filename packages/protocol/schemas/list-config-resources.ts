
import { api, array, int16, int32, int8, message, string, struct } from './notation.ts';

export default api({
  key: 74,
  name: 'ListConfigResources',
  listeners: ['broker'],
  request: message('0-1', { flexible: '0+' }, {
    resourceTypes: array('1+', 'int8'),
  }),
  response: message('0-1', { flexible: '0+' }, {
    throttleTimeMs: int32(),
    errorCode: int16(),
    configResources: array('0+', struct('ConfigResource', {
      resourceName: string(),
      resourceType: int8('1+', { default: 16, ignorable: true }),
    })),
  }),
});

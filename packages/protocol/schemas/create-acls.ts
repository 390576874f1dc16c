
import { api, array, int16, int32, int8, message, string, struct } from './notation.ts';

export default api({
  key: 30,
  name: 'CreateAcls',
  listeners: ['broker', 'controller'],
  request: message('1-3', { flexible: '2+' }, {
    creations: array('0+', struct('AclCreation', {
      resourceType: int8(),
      resourceName: string(),
      resourcePatternType: int8('1+', { default: 3 }),
      principal: string(),
      host: string(),
      operation: int8(),
      permissionType: int8(),
    })),
  }),
  response: message('1-3', { flexible: '2+' }, {
    throttleTimeMs: int32(),
    results: array('0+', struct('AclCreationResult', {
      errorCode: int16(),
      errorMessage: string('0+', { nullable: true }),
    })),
  }),
});

// CreateAcls: adds ACLs.

import { api, int16, int32, int8, message, string, structs } from './notation.ts';

export default api({
  key: 30,
  name: 'CreateAcls',
  listeners: ['broker', 'controller'],
  forwardable: true,
  request: message('1-3', '2+', {
    creations: structs('0+', 'AclCreation', {
      resourceType: int8(),
      resourceName: string(),
      resourcePatternType: int8('1+', { default: 3 }),
      principal: string(),
      host: string(),
      operation: int8(),
      permissionType: int8(),
    }),
  }),
  response: message('1-3', '2+', {
    throttleTimeMs: int32(),
    results: structs('0+', 'AclCreationResult', {
      errorCode: int16(),
      errorMessage: string('0+', { nullable: true }),
    }),
  }),
});

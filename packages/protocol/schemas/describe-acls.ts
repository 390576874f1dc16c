// DescribeAcls: lists the ACLs that match a filter.

import { api, int16, int32, int8, message, string, structs } from './notation.ts';

export default api({
  key: 29,
  name: 'DescribeAcls',
  listeners: ['broker', 'controller'],
  request: message('1-3', '2+', {
    resourceTypeFilter: int8(),
    resourceNameFilter: string('0+', { nullable: true }),
    patternTypeFilter: int8('1+', { default: 3 }),
    principalFilter: string('0+', { nullable: true }),
    hostFilter: string('0+', { nullable: true }),
    operation: int8(),
    permissionType: int8(),
  }),
  response: message('1-3', '2+', {
    throttleTimeMs: int32(),
    errorCode: int16(),
    errorMessage: string('0+', { nullable: true }),
    resources: structs('0+', 'DescribeAclsResource', {
      resourceType: int8(),
      resourceName: string(),
      patternType: int8('1+', { default: 3 }),
      acls: structs('0+', 'AclDescription', {
        principal: string(),
        host: string(),
        operation: int8(),
        permissionType: int8(),
      }),
    }),
  }),
});

// DeleteAcls: removes the ACLs that match filters, and tells which those were.

import { api, int16, int32, int8, message, string, structs } from './notation.ts';

export default api({
  key: 31,
  name: 'DeleteAcls',
  listeners: ['broker', 'controller'],
  forwardable: true,
  request: message('1-3', '2+', {
    filters: structs('0+', 'DeleteAclsFilter', {
      resourceTypeFilter: int8(),
      resourceNameFilter: string('0+', { nullable: true }),
      patternTypeFilter: int8('1+', { default: 3 }),
      principalFilter: string('0+', { nullable: true }),
      hostFilter: string('0+', { nullable: true }),
      operation: int8(),
      permissionType: int8(),
    }),
  }),
  response: message('1-3', '2+', {
    throttleTimeMs: int32(),
    filterResults: structs('0+', 'DeleteAclsFilterResult', {
      errorCode: int16(),
      errorMessage: string('0+', { nullable: true }),
      matchingAcls: structs('0+', 'DeleteAclsMatchingAcl', {
        errorCode: int16(),
        errorMessage: string('0+', { nullable: true }),
        resourceType: int8(),
        resourceName: string(),
        patternType: int8('1+', { default: 3 }),
        principal: string(),
        host: string(),
        operation: int8(),
        permissionType: int8(),
      }),
    }),
  }),
});

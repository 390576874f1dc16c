// DescribeGroups: tells state and members of classic groups.

import { api, array, bool, bytes, int16, int32, message, string, structs } from './notation.ts';

export default api({
  key: 15,
  name: 'DescribeGroups',
  listeners: ['broker'],
  request: message('0-6', '5+', {
    groups: array('0+', 'string'),
    includeAuthorizedOperations: bool('3+'),
  }),
  response: message('0-6', '5+', {
    throttleTimeMs: int32('1+', { ignorable: true }),
    groups: structs('0+', 'DescribedGroup', {
      errorCode: int16(),
      errorMessage: string('6+', { nullable: true, default: null }),
      groupId: string(),
      groupState: string(),
      protocolType: string(),
      protocolData: string(),
      members: structs('0+', 'DescribedGroupMember', {
        memberId: string(),
        groupInstanceId: string('4+', { nullable: true, default: null, ignorable: true }),
        clientId: string(),
        clientHost: string(),
        memberMetadata: bytes(),
        memberAssignment: bytes(),
      }),
      authorizedOperations: int32('3+', { default: -2147483648 }),
    }),
  }),
});

// LeaveGroup: members leave a classic group; several at once since version 3 (KIP-345).

import { api, int16, int32, message, string, structs } from './notation.ts';

export default api({
  key: 13,
  name: 'LeaveGroup',
  listeners: ['broker'],
  request: message('0-5', '4+', {
    groupId: string(),
    memberId: string('0-2'),
    members: structs('3+', 'MemberIdentity', {
      memberId: string('3+'),
      groupInstanceId: string('3+', { nullable: true, default: null }),
      reason: string('5+', { nullable: true, default: null, ignorable: true }),
    }),
  }),
  response: message('0-5', '4+', {
    throttleTimeMs: int32('1+', { ignorable: true }),
    errorCode: int16(),
    members: structs('3+', 'MemberResponse', {
      memberId: string('3+'),
      groupInstanceId: string('3+', { nullable: true }),
      errorCode: int16('3+'),
    }),
  }),
});

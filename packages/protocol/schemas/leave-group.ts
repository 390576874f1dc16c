
import { api, array, int16, int32, message, string, struct } from './notation.ts';

export default api({
  key: 13,
  name: 'LeaveGroup',
  listeners: ['broker'],
  request: message('0-5', { flexible: '4+' }, {
    groupId: string(),
    memberId: string('0-2'),
    members: array('3+', struct('MemberIdentity', {
      memberId: string('3+'),
      groupInstanceId: string('3+', { nullable: true, default: null }),
      reason: string('5+', { nullable: true, default: null, ignorable: true }),
    })),
  }),
  response: message('0-5', { flexible: '4+' }, {
    throttleTimeMs: int32('1+', { ignorable: true }),
    errorCode: int16(),
    members: array('3+', struct('MemberResponse', {
      memberId: string('3+'),
      groupInstanceId: string('3+', { nullable: true }),
      errorCode: int16('3+'),
    })),
  }),
});

// JoinGroup: a member joins a classic group and takes part in its rebalance.

import { api, bool, bytes, int16, int32, message, string, structs } from './notation.ts';

export default api({
  key: 11,
  name: 'JoinGroup',
  listeners: ['broker'],
  request: message('0-9', '6+', {
    groupId: string(),
    sessionTimeoutMs: int32(),
    rebalanceTimeoutMs: int32('1+', { default: -1, ignorable: true }),
    memberId: string(),
    groupInstanceId: string('5+', { nullable: true, default: null }),
    protocolType: string(),
    protocols: structs('0+', 'JoinGroupRequestProtocol', {
      name: string(),
      metadata: bytes(),
    }),
    reason: string('8+', { nullable: true, default: null, ignorable: true }),
  }),
  response: message('0-9', '6+', {
    throttleTimeMs: int32('2+', { ignorable: true }),
    errorCode: int16(),
    generationId: int32('0+', { default: -1 }),
    protocolType: string('7+', { nullable: true, default: null, ignorable: true }),
    protocolName: string('0+', { nullable: '7+' }),
    leader: string(),
    skipAssignment: bool('9+'),
    memberId: string(),
    members: structs('0+', 'JoinGroupResponseMember', {
      memberId: string(),
      groupInstanceId: string('5+', { nullable: true, default: null, ignorable: true }),
      metadata: bytes(),
    }),
  }),
});

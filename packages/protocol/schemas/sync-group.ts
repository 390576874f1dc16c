// SyncGroup: the leader of a classic group hands in the assignment, every member gets its part.

import { api, bytes, int16, int32, message, string, structs } from './notation.ts';

export default api({
  key: 14,
  name: 'SyncGroup',
  listeners: ['broker'],
  request: message('0-5', '4+', {
    groupId: string(),
    generationId: int32(),
    memberId: string(),
    groupInstanceId: string('3+', { nullable: true, default: null }),
    protocolType: string('5+', { nullable: true, default: null, ignorable: true }),
    protocolName: string('5+', { nullable: true, default: null, ignorable: true }),
    assignments: structs('0+', 'SyncGroupRequestAssignment', {
      memberId: string(),
      assignment: bytes(),
    }),
  }),
  response: message('0-5', '4+', {
    throttleTimeMs: int32('1+', { ignorable: true }),
    errorCode: int16(),
    protocolType: string('5+', { nullable: true, default: null, ignorable: true }),
    protocolName: string('5+', { nullable: true, default: null, ignorable: true }),
    assignment: bytes(),
  }),
});

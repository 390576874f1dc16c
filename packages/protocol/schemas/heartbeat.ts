// Heartbeat: a member of a classic group says that it lives.

import { api, int16, int32, message, string } from './notation.ts';

export default api({
  key: 12,
  name: 'Heartbeat',
  listeners: ['broker'],
  request: message('0-4', '4+', {
    groupId: string(),
    generationId: int32(),
    memberId: string(),
    groupInstanceId: string('3+', { nullable: true, default: null }),
  }),
  response: message('0-4', '4+', {
    throttleTimeMs: int32('1+', { ignorable: true }),
    errorCode: int16(),
  }),
});

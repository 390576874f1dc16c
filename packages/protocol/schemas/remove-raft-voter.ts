// RemoveRaftVoter: removes a voter from the quorum.

import { api, int16, int32, message, string, uuid } from './notation.ts';

export default api({
  key: 81,
  name: 'RemoveRaftVoter',
  listeners: ['controller', 'broker'],
  forwardable: true,
  request: message('0', '0+', {
    clusterId: string('0+', { nullable: true }),
    voterId: int32(),
    voterDirectoryId: uuid(),
  }),
  response: message('0', '0+', {
    throttleTimeMs: int32(),
    errorCode: int16(),
    errorMessage: string('0+', { nullable: true, ignorable: true }),
  }),
});

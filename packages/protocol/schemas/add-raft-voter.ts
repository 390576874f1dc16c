// AddRaftVoter: adds a voter to the quorum (KIP-853).

import { api, bool, int16, int32, message, string, structs, uint16, uuid } from './notation.ts';

export default api({
  key: 80,
  name: 'AddRaftVoter',
  listeners: ['controller', 'broker'],
  forwardable: true,
  request: message('0-1', '0+', {
    clusterId: string('0+', { nullable: true }),
    timeoutMs: int32(),
    voterId: int32(),
    voterDirectoryId: uuid(),
    listeners: structs('0+', 'Listener', {
      name: string(),
      host: string(),
      port: uint16(),
    }),
    ackWhenCommitted: bool('1+', { default: true }),
  }),
  response: message('0-1', '0+', {
    throttleTimeMs: int32(),
    errorCode: int16(),
    errorMessage: string('0+', { nullable: true, ignorable: true }),
  }),
});

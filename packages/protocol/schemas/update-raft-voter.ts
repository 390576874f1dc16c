// UpdateRaftVoter: a voter tells its new endpoints and the kraft versions that it supports.

import { api, embed, int16, int32, message, string, structs, uint16, uuid } from './notation.ts';

export default api({
  key: 82,
  name: 'UpdateRaftVoter',
  listeners: ['controller'],
  request: message('0', '0+', {
    clusterId: string('0+', { nullable: true }),
    currentLeaderEpoch: int32(),
    voterId: int32(),
    voterDirectoryId: uuid(),
    listeners: structs('0+', 'Listener', {
      name: string(),
      host: string(),
      port: uint16(),
    }),
    kRaftVersionFeature: embed('0+', 'KRaftVersionFeature', {
      minSupportedVersion: int16(),
      maxSupportedVersion: int16(),
    }),
  }),
  response: message('0', '0+', {
    throttleTimeMs: int32(),
    errorCode: int16(),
    currentLeader: embed({ versions: '0+', tag: 0 }, 'CurrentLeader', {
      leaderId: int32('0+', { default: -1 }),
      leaderEpoch: int32('0+', { default: -1 }),
      host: string(),
      port: int32(),
    }),
  }),
});

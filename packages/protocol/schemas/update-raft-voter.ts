
import { api, array, embed, int16, int32, message, string, struct, uint16, uuid } from './notation.ts';

export default api({
  key: 82,
  name: 'UpdateRaftVoter',
  listeners: ['controller'],
  request: message('0', { flexible: '0+' }, {
    clusterId: string('0+', { nullable: true }),
    currentLeaderEpoch: int32(),
    voterId: int32(),
    voterDirectoryId: uuid(),
    listeners: array('0+', struct('Listener', {
      name: string(),
      host: string(),
      port: uint16(),
    })),
    kRaftVersionFeature: embed('0+', struct('KRaftVersionFeature', {
      minSupportedVersion: int16(),
      maxSupportedVersion: int16(),
    })),
  }),
  response: message('0', { flexible: '0+' }, {
    throttleTimeMs: int32(),
    errorCode: int16(),
    currentLeader: embed('0+', struct('CurrentLeader', {
      leaderId: int32('0+', { default: -1 }),
      leaderEpoch: int32('0+', { default: -1 }),
      host: string(),
      port: int32(),
    }), { tag: 0 }),
  }),
});

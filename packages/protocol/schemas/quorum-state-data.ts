// QuorumStateData: the quorum-state file, which is JSON on disk: the epoch, its leader, and the
// vote given.

import { int32, int64, message, standalone, string, structs, uuid } from './notation.ts';

export default standalone({
  name: 'QuorumStateData',
  message: message('0-1', '0+', {
    clusterId: string('0'),
    leaderId: int32('0+', { default: -1 }),
    leaderEpoch: int32('0+', { default: -1 }),
    votedId: int32('0+', { default: -1 }),
    votedDirectoryId: uuid('1+'),
    appliedOffset: int64('0'),
    currentVoters: structs({ versions: '0', nullable: true }, 'Voter', {
      voterId: int32('0'),
    }),
  }),
});

// LeaderChangeMessage: control record that a new quorum leader writes first: who leads, who votes,
// who voted for it.

import { int16, int32, message, standalone, struct, structs, uuid } from './notation.ts';

const voter = struct('Voter', {
  voterId: int32(),
  voterDirectoryId: uuid('1+'),
});

export default standalone({
  name: 'LeaderChangeMessage',
  message: message('0-1', '0+', {
    version: int16(),
    leaderId: int32(),
    voters: structs('0+', voter),
    grantingVoters: structs('0+', voter),
  }),
});

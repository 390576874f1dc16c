
import { array, int16, int32, message, standalone, struct, uuid } from './notation.ts';

const voter = struct('Voter', {
  voterId: int32(),
  voterDirectoryId: uuid('1+'),
});

export default standalone({
  name: 'LeaderChangeMessage',
  message: message('0-1', { flexible: '0+' }, {
    version: int16(),
    leaderId: int32(),
    voters: array('0+', voter),
    grantingVoters: array('0+', voter),
  }),
});

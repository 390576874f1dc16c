
import { array, embed, int16, int32, message, standalone, string, struct, uint16, uuid } from './notation.ts';

export default standalone({
  name: 'VotersRecord',
  message: message('0', { flexible: '0+' }, {
    version: int16(),
    voters: array('0+', struct('Voter', {
      voterId: int32(),
      voterDirectoryId: uuid(),
      endpoints: array('0+', struct('Endpoint', {
        name: string(),
        host: string(),
        port: uint16(),
      })),
      kRaftVersionFeature: embed('0+', struct('KRaftVersionFeature', {
        minSupportedVersion: int16(),
        maxSupportedVersion: int16(),
      })),
    })),
  }),
});

// VotersRecord: control record of the metadata log: the set of voters (KIP-853).

import {
  embed,
  int16,
  int32,
  message,
  standalone,
  string,
  structs,
  uint16,
  uuid,
} from './notation.ts';

export default standalone({
  name: 'VotersRecord',
  message: message('0', '0+', {
    version: int16(),
    voters: structs('0+', 'Voter', {
      voterId: int32(),
      voterDirectoryId: uuid(),
      endpoints: structs('0+', 'Endpoint', {
        name: string(),
        host: string(),
        port: uint16(),
      }),
      kRaftVersionFeature: embed('0+', 'KRaftVersionFeature', {
        minSupportedVersion: int16(),
        maxSupportedVersion: int16(),
      }),
    }),
  }),
});

// AlterUserScramCredentials: sets and removes SCRAM credentials; the password is salted by the
// client.

import { api, bytes, int16, int32, int8, message, string, structs } from './notation.ts';

export default api({
  key: 51,
  name: 'AlterUserScramCredentials',
  listeners: ['broker', 'controller'],
  forwardable: true,
  request: message('0', '0+', {
    deletions: structs('0+', 'ScramCredentialDeletion', {
      name: string(),
      mechanism: int8(),
    }),
    upsertions: structs('0+', 'ScramCredentialUpsertion', {
      name: string(),
      mechanism: int8(),
      iterations: int32(),
      salt: bytes(),
      saltedPassword: bytes(),
    }),
  }),
  response: message('0', '0+', {
    throttleTimeMs: int32(),
    results: structs('0+', 'AlterUserScramCredentialsResult', {
      user: string(),
      errorCode: int16(),
      errorMessage: string('0+', { nullable: true }),
    }),
  }),
});

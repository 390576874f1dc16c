// DescribeUserScramCredentials: tells which SCRAM credentials users have, never the secrets
// (KIP-554).

import { api, int16, int32, int8, message, string, structs } from './notation.ts';

export default api({
  key: 50,
  name: 'DescribeUserScramCredentials',
  listeners: ['broker', 'controller'],
  request: message('0', '0+', {
    users: structs({ versions: '0+', nullable: true }, 'UserName', {
      name: string(),
    }),
  }),
  response: message('0', '0+', {
    throttleTimeMs: int32(),
    errorCode: int16(),
    errorMessage: string('0+', { nullable: true }),
    results: structs('0+', 'DescribeUserScramCredentialsResult', {
      user: string(),
      errorCode: int16(),
      errorMessage: string('0+', { nullable: true }),
      credentialInfos: structs('0+', 'CredentialInfo', {
        mechanism: int8(),
        iterations: int32(),
      }),
    }),
  }),
});


import { api, array, bytes, int16, int32, int8, message, string, struct } from './notation.ts';

export default api({
  key: 51,
  name: 'AlterUserScramCredentials',
  listeners: ['broker', 'controller'],
  request: message('0', { flexible: '0+' }, {
    deletions: array('0+', struct('ScramCredentialDeletion', {
      name: string(),
      mechanism: int8(),
    })),
    upsertions: array('0+', struct('ScramCredentialUpsertion', {
      name: string(),
      mechanism: int8(),
      iterations: int32(),
      salt: bytes(),
      saltedPassword: bytes(),
    })),
  }),
  response: message('0', { flexible: '0+' }, {
    throttleTimeMs: int32(),
    results: array('0+', struct('AlterUserScramCredentialsResult', {
      user: string(),
      errorCode: int16(),
      errorMessage: string('0+', { nullable: true }),
    })),
  }),
});

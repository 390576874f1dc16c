
import { api, array, int16, int32, int8, message, string, struct } from './notation.ts';

export default api({
  key: 50,
  name: 'DescribeUserScramCredentials',
  listeners: ['broker', 'controller'],
  request: message('0', { flexible: '0+' }, {
    users: array('0+', struct('UserName', {
      name: string(),
    }), { nullable: true }),
  }),
  response: message('0', { flexible: '0+' }, {
    throttleTimeMs: int32(),
    errorCode: int16(),
    errorMessage: string('0+', { nullable: true }),
    results: array('0+', struct('DescribeUserScramCredentialsResult', {
      user: string(),
      errorCode: int16(),
      errorMessage: string('0+', { nullable: true }),
      credentialInfos: array('0+', struct('CredentialInfo', {
        mechanism: int8(),
        iterations: int32(),
      })),
    })),
  }),
});

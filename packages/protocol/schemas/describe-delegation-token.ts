
import { api, array, bytes, int16, int32, int64, message, string, struct } from './notation.ts';

export default api({
  key: 41,
  name: 'DescribeDelegationToken',
  listeners: ['broker', 'controller'],
  request: message('1-3', { flexible: '2+' }, {
    owners: array('0+', struct('DescribeDelegationTokenOwner', {
      principalType: string(),
      principalName: string(),
    }), { nullable: true }),
  }),
  response: message('1-3', { flexible: '2+' }, {
    errorCode: int16(),
    tokens: array('0+', struct('DescribedDelegationToken', {
      principalType: string(),
      principalName: string(),
      tokenRequesterPrincipalType: string('3+'),
      tokenRequesterPrincipalName: string('3+'),
      issueTimestamp: int64(),
      expiryTimestamp: int64(),
      maxTimestamp: int64(),
      tokenId: string(),
      hmac: bytes(),
      renewers: array('0+', struct('DescribedDelegationTokenRenewer', {
        principalType: string(),
        principalName: string(),
      })),
    })),
    throttleTimeMs: int32(),
  }),
});

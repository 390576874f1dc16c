// DescribeDelegationToken: lists delegation tokens by owner.

import { api, bytes, int16, int32, int64, message, string, structs } from './notation.ts';

export default api({
  key: 41,
  name: 'DescribeDelegationToken',
  listeners: ['broker', 'controller'],
  request: message('1-3', '2+', {
    owners: structs({ versions: '0+', nullable: true }, 'DescribeDelegationTokenOwner', {
      principalType: string(),
      principalName: string(),
    }),
  }),
  response: message('1-3', '2+', {
    errorCode: int16(),
    tokens: structs('0+', 'DescribedDelegationToken', {
      principalType: string(),
      principalName: string(),
      tokenRequesterPrincipalType: string('3+'),
      tokenRequesterPrincipalName: string('3+'),
      issueTimestamp: int64(),
      expiryTimestamp: int64(),
      maxTimestamp: int64(),
      tokenId: string(),
      hmac: bytes(),
      renewers: structs('0+', 'DescribedDelegationTokenRenewer', {
        principalType: string(),
        principalName: string(),
      }),
    }),
    throttleTimeMs: int32(),
  }),
});

// CreateDelegationToken: issues a delegation token (KIP-48).

import { api, bytes, int16, int32, int64, message, string, structs } from './notation.ts';

export default api({
  key: 38,
  name: 'CreateDelegationToken',
  listeners: ['broker', 'controller'],
  forwardable: true,
  request: message('1-3', '2+', {
    ownerPrincipalType: string('3+', { nullable: true }),
    ownerPrincipalName: string('3+', { nullable: true }),
    renewers: structs('0+', 'CreatableRenewers', {
      principalType: string(),
      principalName: string(),
    }),
    maxLifetimeMs: int64(),
  }),
  response: message('1-3', '2+', {
    errorCode: int16(),
    principalType: string(),
    principalName: string(),
    tokenRequesterPrincipalType: string('3+'),
    tokenRequesterPrincipalName: string('3+'),
    issueTimestampMs: int64(),
    expiryTimestampMs: int64(),
    maxTimestampMs: int64(),
    tokenId: string(),
    hmac: bytes(),
    throttleTimeMs: int32(),
  }),
});

// DelegationTokenRecord: metadata record: a delegation token was issued or renewed.

import { array, int64, message, standalone, string } from './notation.ts';

export default standalone({
  name: 'DelegationTokenRecord',
  key: 10,
  message: message('0', '0+', {
    owner: string(),
    requester: string(),
    renewers: array('0+', 'string'),
    issueTimestamp: int64(),
    maxTimestamp: int64(),
    expirationTimestamp: int64(),
    tokenId: string(),
  }),
});

// RemoveDelegationTokenRecord: metadata record: a delegation token is gone.

import { message, standalone, string } from './notation.ts';

export default standalone({
  name: 'RemoveDelegationTokenRecord',
  key: 26,
  message: message('0', '0+', {
    tokenId: string(),
  }),
});

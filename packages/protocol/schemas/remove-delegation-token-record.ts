
import { message, standalone, string } from './notation.ts';

export default standalone({
  name: 'RemoveDelegationTokenRecord',
  key: 26,
  message: message('0', { flexible: '0+' }, {
    tokenId: string(),
  }),
});


import { message, standalone, string } from './notation.ts';

export default standalone({
  name: 'AbortTransactionRecord',
  key: 25,
  message: message('0', { flexible: '0+' }, {
    reason: string('0+', { nullable: true, default: null, tag: 0 }),
  }),
});

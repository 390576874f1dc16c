// AbortTransactionRecord: metadata record: the records since the begin are void.

import { message, standalone, string } from './notation.ts';

export default standalone({
  name: 'AbortTransactionRecord',
  key: 25,
  message: message('0', '0+', {
    reason: string('0+', { nullable: true, default: null, tag: 0 }),
  }),
});

// BeginTransactionRecord: metadata record: what follows belongs together until the end or the abort
// (KIP-868).

import { message, standalone, string } from './notation.ts';

export default standalone({
  name: 'BeginTransactionRecord',
  key: 23,
  message: message('0', '0+', {
    name: string('0+', { nullable: true, default: null, tag: 0 }),
  }),
});

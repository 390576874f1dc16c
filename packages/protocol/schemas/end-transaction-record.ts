// EndTransactionRecord: metadata record: the records since the begin are in force.

import { message, standalone } from './notation.ts';

export default standalone({
  name: 'EndTransactionRecord',
  key: 24,
  message: message('0', '0+', {}),
});

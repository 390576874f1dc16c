// TransactionLogKey: key of a transactional id.

import { message, standalone, string } from './notation.ts';

export default standalone({
  name: 'TransactionLogKey',
  key: 0,
  message: message('0', 'none', {
    transactionalId: string('0'),
  }),
});


import { message, standalone, string } from './notation.ts';

export default standalone({
  name: 'TransactionLogKey',
  key: 0,
  message: message('0', {}, {
    transactionalId: string('0'),
  }),
});

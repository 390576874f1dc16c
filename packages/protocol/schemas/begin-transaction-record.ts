
import { message, standalone, string } from './notation.ts';

export default standalone({
  name: 'BeginTransactionRecord',
  key: 23,
  message: message('0', { flexible: '0+' }, {
    name: string('0+', { nullable: true, default: null, tag: 0 }),
  }),
});


import { message, standalone } from './notation.ts';

export default standalone({
  name: 'NoOpRecord',
  key: 20,
  message: message('0', { flexible: '0+' }, {}),
});

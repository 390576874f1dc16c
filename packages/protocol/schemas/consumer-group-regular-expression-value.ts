
import { array, int64, message, standalone } from './notation.ts';

export default standalone({
  name: 'ConsumerGroupRegularExpressionValue',
  key: 16,
  message: message('0', { flexible: '0+' }, {
    topics: array('0+', 'string'),
    version: int64(),
    timestamp: int64(),
  }),
});

// ConsumerGroupRegularExpressionValue: the topics that a consumer group's regular expression
// matched, at which metadata version.

import { array, int64, message, standalone } from './notation.ts';

export default standalone({
  name: 'ConsumerGroupRegularExpressionValue',
  key: 16,
  message: message('0', '0+', {
    topics: array('0+', 'string'),
    version: int64(),
    timestamp: int64(),
  }),
});

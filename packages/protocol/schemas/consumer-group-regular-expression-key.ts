// ConsumerGroupRegularExpressionKey: key of a resolved regular expression.

import { message, standalone, string } from './notation.ts';

export default standalone({
  name: 'ConsumerGroupRegularExpressionKey',
  key: 16,
  message: message('0', 'none', {
    groupId: string('0'),
    regularExpression: string('0'),
  }),
});

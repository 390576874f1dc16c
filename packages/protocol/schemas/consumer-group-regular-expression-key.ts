
import { message, standalone, string } from './notation.ts';

export default standalone({
  name: 'ConsumerGroupRegularExpressionKey',
  key: 16,
  message: message('0', {}, {
    groupId: string('0'),
    regularExpression: string('0'),
  }),
});

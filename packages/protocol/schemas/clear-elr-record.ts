
import { message, standalone, string } from './notation.ts';

export default standalone({
  name: 'ClearElrRecord',
  key: 28,
  message: message('0', { flexible: '0+' }, {
    topicName: string(),
  }),
});

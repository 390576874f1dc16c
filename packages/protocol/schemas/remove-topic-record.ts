
import { message, standalone, uuid } from './notation.ts';

export default standalone({
  name: 'RemoveTopicRecord',
  key: 9,
  message: message('0', { flexible: '0+' }, {
    topicId: uuid(),
  }),
});

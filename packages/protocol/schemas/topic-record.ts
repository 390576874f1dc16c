// TopicRecord: metadata record: a topic exists.

import { message, standalone, string, uuid } from './notation.ts';

export default standalone({
  name: 'TopicRecord',
  key: 2,
  message: message('0', '0+', {
    name: string(),
    topicId: uuid(),
  }),
});

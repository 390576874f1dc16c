// RemoveTopicRecord: metadata record: a topic was deleted.

import { message, standalone, uuid } from './notation.ts';

export default standalone({
  name: 'RemoveTopicRecord',
  key: 9,
  message: message('0', '0+', {
    topicId: uuid(),
  }),
});

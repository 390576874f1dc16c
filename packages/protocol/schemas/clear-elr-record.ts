// ClearElrRecord: metadata record: the eligible leader replicas of a topic, or of all, are cleared.

import { message, standalone, string } from './notation.ts';

export default standalone({
  name: 'ClearElrRecord',
  key: 28,
  message: message('0', '0+', {
    topicName: string(),
  }),
});

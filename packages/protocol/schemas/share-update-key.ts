// ShareUpdateKey: key of a change to a share partition's state.

import { int32, message, standalone, string, uuid } from './notation.ts';

export default standalone({
  name: 'ShareUpdateKey',
  key: 1,
  message: message('0', 'none', {
    groupId: string('0'),
    topicId: uuid('0'),
    partition: int32('0'),
  }),
});

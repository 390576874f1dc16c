// ShareSnapshotKey: key of a share partition's state.

import { int32, message, standalone, string, uuid } from './notation.ts';

export default standalone({
  name: 'ShareSnapshotKey',
  key: 0,
  message: message('0', 'none', {
    groupId: string('0'),
    topicId: uuid('0'),
    partition: int32('0'),
  }),
});

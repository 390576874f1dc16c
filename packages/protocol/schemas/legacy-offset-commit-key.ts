
import { int32, message, standalone, string } from './notation.ts';

export default standalone({
  name: 'LegacyOffsetCommitKey',
  key: 0,
  message: message('0', {}, {
    group: string('0'),
    topic: string('0'),
    partition: int32('0'),
  }),
});

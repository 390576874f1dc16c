// KRaftVersionRecord: control record of the metadata log: the kraft.version in force.

import { int16, message, standalone } from './notation.ts';

export default standalone({
  name: 'KRaftVersionRecord',
  message: message('0', '0+', {
    version: int16(),
    kRaftVersion: int16(),
  }),
});

// ZkMigrationStateRecord: metadata record: state of the migration from ZooKeeper, for old logs.

import { int8, message, standalone } from './notation.ts';

export default standalone({
  name: 'ZkMigrationStateRecord',
  key: 21,
  message: message('0', '0+', {
    zkMigrationState: int8(),
  }),
});

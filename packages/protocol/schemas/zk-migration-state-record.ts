
import { int8, message, standalone } from './notation.ts';

export default standalone({
  name: 'ZkMigrationStateRecord',
  key: 21,
  message: message('0', { flexible: '0+' }, {
    zkMigrationState: int8(),
  }),
});


import { message, standalone, uuid } from './notation.ts';

export default standalone({
  name: 'RemoveAccessControlEntryRecord',
  key: 19,
  message: message('0', { flexible: '0+' }, {
    id: uuid(),
  }),
});

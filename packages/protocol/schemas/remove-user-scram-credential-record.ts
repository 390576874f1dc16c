
import { int8, message, standalone, string } from './notation.ts';

export default standalone({
  name: 'RemoveUserScramCredentialRecord',
  key: 22,
  message: message('0', { flexible: '0+' }, {
    name: string(),
    mechanism: int8(),
  }),
});

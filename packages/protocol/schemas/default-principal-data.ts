
import { bool, message, standalone, string } from './notation.ts';

export default standalone({
  name: 'DefaultPrincipalData',
  message: message('0', { flexible: '0+' }, {
    type: string(),
    name: string(),
    tokenAuthenticated: bool(),
  }),
});

// DefaultPrincipalData: a principal as a broker writes it into an Envelope, after an int16 of
// version.

import { bool, message, standalone, string } from './notation.ts';

export default standalone({
  name: 'DefaultPrincipalData',
  message: message('0', '0+', {
    type: string(),
    name: string(),
    tokenAuthenticated: bool(),
  }),
});


import { int16, message, standalone, string } from './notation.ts';

export default standalone({
  name: 'FeatureLevelRecord',
  key: 12,
  message: message('0', { flexible: '0+' }, {
    name: string(),
    featureLevel: int16(),
  }),
});

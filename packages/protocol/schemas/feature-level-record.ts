// FeatureLevelRecord: metadata record: the finalised level of a feature; 0 removes it.

import { int16, message, standalone, string } from './notation.ts';

export default standalone({
  name: 'FeatureLevelRecord',
  key: 12,
  message: message('0', '0+', {
    name: string(),
    featureLevel: int16(),
  }),
});

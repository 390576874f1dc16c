
import { api, array, bool, int16, int32, int8, message, string, struct } from './notation.ts';

export default api({
  key: 57,
  name: 'UpdateFeatures',
  listeners: ['broker', 'controller'],
  request: message('0-2', { flexible: '0+' }, {
    timeoutMs: int32('0+', { default: 60000 }),
    featureUpdates: array('0+', struct('FeatureUpdateKey', {
      feature: string(),
      maxVersionLevel: int16(),
      allowDowngrade: bool('0'),
      upgradeType: int8('1+', { default: 1 }),
    })),
    validateOnly: bool('1+'),
  }),
  response: message('0-2', { flexible: '0+' }, {
    throttleTimeMs: int32(),
    errorCode: int16(),
    errorMessage: string('0+', { nullable: true }),
    results: array('0-1', struct('UpdatableFeatureResult', {
      feature: string(),
      errorCode: int16(),
      errorMessage: string('0+', { nullable: true }),
    }), { ignorable: true }),
  }),
});

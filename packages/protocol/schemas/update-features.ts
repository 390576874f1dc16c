// UpdateFeatures: changes finalised feature levels (KIP-584).

import { api, bool, int16, int32, int8, message, string, structs } from './notation.ts';

export default api({
  key: 57,
  name: 'UpdateFeatures',
  listeners: ['broker', 'controller'],
  clusterAction: true,
  forwardable: true,
  request: message('0-2', '0+', {
    timeoutMs: int32('0+', { default: 60000 }),
    featureUpdates: structs('0+', 'FeatureUpdateKey', {
      feature: string(),
      maxVersionLevel: int16(),
      allowDowngrade: bool('0'),
      upgradeType: int8('1+', { default: 1 }),
    }),
    validateOnly: bool('1+'),
  }),
  response: message('0-2', '0+', {
    throttleTimeMs: int32(),
    errorCode: int16(),
    errorMessage: string('0+', { nullable: true }),
    results: structs({ versions: '0-1', ignorable: true }, 'UpdatableFeatureResult', {
      feature: string(),
      errorCode: int16(),
      errorMessage: string('0+', { nullable: true }),
    }),
  }),
});

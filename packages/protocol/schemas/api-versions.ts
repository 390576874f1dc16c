// ApiVersions: tells which APIs and versions the server has, and its feature levels. The response's
// header is always version 0 (KIP-511).

import { api, bool, int16, int32, int64, message, string, structs } from './notation.ts';

export default api({
  key: 18,
  name: 'ApiVersions',
  listeners: ['broker', 'controller'],
  request: message('0-4', '3+', {
    clientSoftwareName: string('3+', { ignorable: true }),
    clientSoftwareVersion: string('3+', { ignorable: true }),
  }),
  response: message('0-4', '3+', {
    errorCode: int16(),
    apiKeys: structs('0+', 'ApiVersion', {
      apiKey: int16(),
      minVersion: int16(),
      maxVersion: int16(),
    }),
    throttleTimeMs: int32('1+', { ignorable: true }),
    supportedFeatures: structs({ versions: '3+', tag: 0, ignorable: true }, 'SupportedFeatureKey', {
      name: string('3+'),
      minVersion: int16('3+'),
      maxVersion: int16('3+'),
    }),
    finalizedFeaturesEpoch: int64('3+', { default: -1, tag: 1, ignorable: true }),
    finalizedFeatures: structs({ versions: '3+', tag: 2, ignorable: true }, 'FinalizedFeatureKey', {
      name: string('3+'),
      maxVersionLevel: int16('3+'),
      minVersionLevel: int16('3+'),
    }),
    zkMigrationReady: bool('3+', { tag: 3, ignorable: true }),
  }),
});

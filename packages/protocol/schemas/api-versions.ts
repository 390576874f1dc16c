
import { api, array, bool, int16, int32, int64, message, string, struct } from './notation.ts';

export default api({
  key: 18,
  name: 'ApiVersions',
  listeners: ['broker', 'controller'],
  request: message('0-4', { flexible: '3+' }, {
    clientSoftwareName: string('3+', { ignorable: true }),
    clientSoftwareVersion: string('3+', { ignorable: true }),
  }),
  response: message('0-4', { flexible: '3+' }, {
    errorCode: int16(),
    apiKeys: array('0+', struct('ApiVersion', {
      apiKey: int16(),
      minVersion: int16(),
      maxVersion: int16(),
    })),
    throttleTimeMs: int32('1+', { ignorable: true }),
    supportedFeatures: array('3+', struct('SupportedFeatureKey', {
      name: string('3+'),
      minVersion: int16('3+'),
      maxVersion: int16('3+'),
    }), { tag: 0, ignorable: true }),
    finalizedFeaturesEpoch: int64('3+', { default: -1, tag: 1, ignorable: true }),
    finalizedFeatures: array('3+', struct('FinalizedFeatureKey', {
      name: string('3+'),
      maxVersionLevel: int16('3+'),
      minVersionLevel: int16('3+'),
    }), { tag: 2, ignorable: true }),
    zkMigrationReady: bool('3+', { tag: 3, ignorable: true }),
  }),
});

// DescribeConfigs: reads the configs of topics, brokers and other resources, with where each value
// comes from.

import { api, array, bool, int16, int32, int8, message, string, structs } from './notation.ts';

export default api({
  key: 32,
  name: 'DescribeConfigs',
  listeners: ['broker', 'controller'],
  request: message('1-4', '4+', {
    resources: structs('0+', 'DescribeConfigsResource', {
      resourceType: int8(),
      resourceName: string(),
      configurationKeys: array('0+', 'string', { nullable: true }),
    }),
    includeSynonyms: bool('1+'),
    includeDocumentation: bool('3+'),
  }),
  response: message('1-4', '4+', {
    throttleTimeMs: int32(),
    results: structs('0+', 'DescribeConfigsResult', {
      errorCode: int16(),
      errorMessage: string('0+', { nullable: true }),
      resourceType: int8(),
      resourceName: string(),
      configs: structs('0+', 'DescribeConfigsResourceResult', {
        name: string(),
        value: string('0+', { nullable: true }),
        readOnly: bool(),
        configSource: int8('1+', { default: -1, ignorable: true }),
        isSensitive: bool(),
        synonyms: structs({ versions: '1+', ignorable: true }, 'DescribeConfigsSynonym', {
          name: string('1+'),
          value: string('1+', { nullable: '0+' }),
          source: int8('1+'),
        }),
        configType: int8('3+', { ignorable: true }),
        documentation: string('3+', { nullable: '0+', ignorable: true }),
      }),
    }),
  }),
});

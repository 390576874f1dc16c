
import { api, array, bool, int16, int32, int8, message, string, struct } from './notation.ts';

export default api({
  key: 32,
  name: 'DescribeConfigs',
  listeners: ['broker', 'controller'],
  request: message('1-4', { flexible: '4+' }, {
    resources: array('0+', struct('DescribeConfigsResource', {
      resourceType: int8(),
      resourceName: string(),
      configurationKeys: array('0+', 'string', { nullable: true }),
    })),
    includeSynonyms: bool('1+'),
    includeDocumentation: bool('3+'),
  }),
  response: message('1-4', { flexible: '4+' }, {
    throttleTimeMs: int32(),
    results: array('0+', struct('DescribeConfigsResult', {
      errorCode: int16(),
      errorMessage: string('0+', { nullable: true }),
      resourceType: int8(),
      resourceName: string(),
      configs: array('0+', struct('DescribeConfigsResourceResult', {
        name: string(),
        value: string('0+', { nullable: true }),
        readOnly: bool(),
        configSource: int8('1+', { default: -1, ignorable: true }),
        isSensitive: bool(),
        synonyms: array('1+', struct('DescribeConfigsSynonym', {
          name: string('1+'),
          value: string('1+', { nullable: '0+' }),
          source: int8('1+'),
        }), { ignorable: true }),
        configType: int8('3+', { ignorable: true }),
        documentation: string('3+', { nullable: '0+', ignorable: true }),
      })),
    })),
  }),
});


import { api, array, int16, int32, message, string, struct, uuid } from './notation.ts';

export default api({
  key: 20,
  name: 'DeleteTopics',
  listeners: ['broker', 'controller'],
  request: message('1-6', { flexible: '4+' }, {
    topics: array('6+', struct('DeleteTopicState', {
      name: string('6+', { nullable: true, default: null }),
      topicId: uuid('6+'),
    })),
    topicNames: array('0-5', 'string', { ignorable: true }),
    timeoutMs: int32(),
  }),
  response: message('1-6', { flexible: '4+' }, {
    throttleTimeMs: int32('1+', { ignorable: true }),
    responses: array('0+', struct('DeletableTopicResult', {
      name: string('0+', { nullable: '6+' }),
      topicId: uuid('6+', { ignorable: true }),
      errorCode: int16(),
      errorMessage: string('5+', { nullable: true, default: null, ignorable: true }),
    })),
  }),
});

// DeleteTopics: deletes topics, by name or since version 6 by id.

import { api, array, int16, int32, message, string, structs, uuid } from './notation.ts';

export default api({
  key: 20,
  name: 'DeleteTopics',
  listeners: ['broker', 'controller'],
  forwardable: true,
  request: message('1-6', '4+', {
    topics: structs('6+', 'DeleteTopicState', {
      name: string('6+', { nullable: true, default: null }),
      topicId: uuid('6+'),
    }),
    topicNames: array('0-5', 'string', { ignorable: true }),
    timeoutMs: int32(),
  }),
  response: message('1-6', '4+', {
    throttleTimeMs: int32('1+', { ignorable: true }),
    responses: structs('0+', 'DeletableTopicResult', {
      name: string('0+', { nullable: '6+' }),
      topicId: uuid('6+', { ignorable: true }),
      errorCode: int16(),
      errorMessage: string('5+', { nullable: true, default: null, ignorable: true }),
    }),
  }),
});

import { describe, expect, it } from 'vitest';
import { parseConnectorFile } from './connector-file.ts';

describe('a connector file', () => {
  it.each([
    ['properties', 'name=lines\ntasks.max=2\n', 'STARTED'],
    ['flat JSON', '{"name": "lines", "tasks.max": 2}', 'STARTED'],
    [
      'JSON as it is posted',
      '{"name": "lines", "config": {"tasks.max": "2"}, "initial_state": "paused"}',
      'PAUSED',
    ],
  ])('given %s, when parsed, then it is the same connector', (_form, text, initial) => {
    expect(parseConnectorFile('c', text)).toEqual({
      name: 'lines',
      config: { name: 'lines', 'tasks.max': '2' },
      initial,
    });
  });

  it.each([
    ['{"name": ', 'c.json: this is no JSON'],
    ['[]', 'c.json: a JSON object is needed'],
    ['{"tasks.max": 1}', "at 'c.json' is missing the mandatory 'name'"],
    ['{"name": "a", "config": {"name": "b"}}', "doesn't match the one specified in 'name'"],
    ['{"name": "a", "file": ["x"]}', 'c.json: file must be a text'],
    [
      '{"name": "a", "config": {}, "initial_state": ["PAUSED"]}',
      'c.json: initial_state must be one of RUNNING, PAUSED, STOPPED',
    ],
  ])('given %s, when parsed, then the error names the file and the cause', (text, message) => {
    expect(() => parseConnectorFile('c.json', text)).toThrow(message);
  });
});

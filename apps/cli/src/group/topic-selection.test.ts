import { describe, expect, it } from 'vitest';
import { parseTopicSelection } from './topic-selection.ts';

describe('reset-offsets --topic', () => {
  it('takes a topic, or some of its partitions', () => {
    expect(parseTopicSelection('orders')).toEqual({ topic: 'orders', partitions: undefined });
    expect(parseTopicSelection('orders:0,12')).toEqual({ topic: 'orders', partitions: [0, 12] });
  });

  it.each(['orders:', 'orders:x', ':1', 'a:1:2'])('given %s, then is refused', (text) => {
    expect(() => parseTopicSelection(text)).toThrow('write a topic');
  });
});

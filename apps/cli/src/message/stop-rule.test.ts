import { describe, expect, it } from 'vitest';
import { StopRule } from './stop-rule.ts';

const range = (partition: number, startOffset: number, endOffset: number) => ({
  topic: 't',
  partition,
  startOffset,
  endOffset,
});

describe('StopRule', () => {
  it('given --max-messages 2, then takes two', () => {
    const rule = new StopRule(2, undefined);
    rule.printed();
    expect(rule.isDone).toBe(false);
    rule.printed();
    expect(rule.isDone).toBe(true);
    expect(rule.takes('t', 0, 2)).toBe(false);
  });

  it('given --until-end, then is done when every partition is at its end', () => {
    const rule = new StopRule(undefined, [range(0, 0, 5), range(1, 3, 4), range(2, 7, 7)]);
    rule.reached('t', 0, 5);
    expect(rule.isDone).toBe(false);
    expect(rule.takes('t', 1, 3)).toBe(true);
    expect(rule.takes('t', 1, 4)).toBe(false);
    rule.reached('t', 1, 9);
    expect(rule.isDone).toBe(true);
  });

  it('given --until-end on empty partitions, then is done at once', () => {
    expect(new StopRule(undefined, [range(0, 4, 4)]).isDone).toBe(true);
  });

  it('given no rule, then never ends', () => {
    const rule = new StopRule(undefined, undefined);
    rule.printed();
    rule.reached('t', 0, 1);
    expect(rule.isDone).toBe(false);
    expect(rule.takes('t', 0, 1)).toBe(true);
  });
});

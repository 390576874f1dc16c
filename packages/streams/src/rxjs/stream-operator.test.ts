import { map } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { isStreamOperator, pipeThrough, streamOperator } from './stream-operator.ts';

const step = (name: string) => streamOperator((source: string) => `${source} > ${name}`);
const host = (source: unknown, operators: readonly unknown[]) =>
  `${String(source)} > rx(${operators.length})`;

describe('pipeThrough', () => {
  it('applies stream operators in order', () => {
    expect(pipeThrough('in', [step('filter'), step('count')], host)).toBe('in > filter > count');
  });

  it('makes one node of RxJS operators that follow each other', () => {
    const rx = map((value) => value);

    expect(pipeThrough('in', [rx, rx, step('to'), rx], host)).toBe('in > rx(2) > to > rx(1)');
  });

  it('gives the source back when there is nothing to do', () => {
    expect(pipeThrough('in', [], host)).toBe('in');
  });

  it('refuses what is no function', () => {
    expect(() => pipeThrough('in', ['filter'], host)).toThrow('pipe takes operators');
  });

  it('tells its own operators from functions', () => {
    expect(isStreamOperator(step('filter'))).toBe(true);
    expect(isStreamOperator(map((value) => value))).toBe(false);
  });
});

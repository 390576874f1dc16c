import { describe, expect, it } from 'vitest';
import { nearestNames } from './nearest-names.ts';

describe('nearestNames', () => {
  it.each([
    ['oders', ['orders', 'payments'], ['orders']],
    ['ORDERS', ['orders'], ['orders']],
    ['orders', ['orders-v2', 'orders.dlq', 'users'], ['orders-v2', 'orders.dlq']],
    ['a', ['b', 'zebra'], []],
    ['anything', [], []],
  ])('given %s among %j, then suggests %j', (name, names, expected) => {
    expect(nearestNames(name, names)).toEqual(expected);
  });
});

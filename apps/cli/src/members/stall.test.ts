import type { TopicMetadata } from '@ottla/client';
import { describe, expect, it } from 'vitest';
import { type MoveUnderWay, whyStalled } from './stall.ts';

/** Partitions of one topic: who leads, and who has replicas. */
function orders(...partitions: readonly (readonly [number, readonly number[]])[]): TopicMetadata[] {
  const topic = {
    name: 'orders',
    partitions: partitions.map(([leaderId, replicas], partition) => ({
      partition,
      leaderId,
      replicas,
    })),
  };
  return [topic as unknown as TopicMetadata];
}

function moves(...coming: readonly (readonly number[])[]): MoveUnderWay[] {
  return coming.map((ids, partition) => ({
    target: { topic: 'orders', partition, replicas: ids },
    coming: ids,
  }));
}

describe('why moves do not go on', () => {
  it('given partitions without a leader, then names them and who holds them', () => {
    const topics = orders([-1, [5, 1]], [1, [1]], [-1, [5, 1]], [-1, [4, 1]], [-1, [5, 1]]);
    expect(whyStalled(moves([1], [2], [1], [1], [1]), topics, [1, 2, 3])).toBe(
      'waiting: no broker leads orders-0, orders-2, orders-3 and 1 more, so that there is nobody to copy from; start broker 4, 5\n',
    );
  });

  it('given a broker that has gone while replicas go to it, then says which', () => {
    expect(whyStalled(moves([4], [3]), orders([1, [1, 4]], [1, [1, 3]]), [1, 2, 3])).toBe(
      'waiting: replicas go to broker 4, not active now; start it again\n',
    );
  });

  it('given nothing in the way but much to copy, then says nothing', () => {
    expect(whyStalled(moves([3]), orders([1, [1, 3]]), [1, 2, 3])).toBe('');
    expect(whyStalled(moves([3]), [], [1, 2, 3])).toBe('');
  });
});

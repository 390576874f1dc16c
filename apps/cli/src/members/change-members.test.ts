import { describe, expect, it } from 'vitest';
import { drainedText } from './change-members.ts';

describe('a broker that was drained', () => {
  const broker = (nodeId: number, isFenced: boolean) => ({
    nodeId,
    host: '127.0.0.1',
    port: 9091 + nodeId,
    rack: null,
    isFenced,
  });

  it('is to be stopped before it is removed, unless it has stopped already', () => {
    const brokers = [broker(1, false), broker(2, true)];
    const remove = '`ottla cluster remove';
    expect(drainedText({ brokers }, 1)).toBe(
      `Broker 1 holds nothing any more: stop it, then ${remove} 1\` takes it out of the cluster.`,
    );
    expect(drainedText({ brokers }, 2)).toBe(
      `Broker 2 holds nothing any more: ${remove} 2\` takes it out of the cluster.`,
    );
  });
});

// How large an answer of a leader may be: one that is refused stops all partitions of that leader, for as long as it is there.
import { describe, expect, it } from 'vitest';
import { BrokerConfig } from '../config/broker-config.ts';
import { responseBytesMax } from './replication.ts';

const MIB = 1024 * 1024;

function boundOf(...overrides: string[]): number {
  return responseBytesMax(BrokerConfig.load({ overrides }));
}

describe('the largest answer of a leader', () => {
  it('given a topic that stores what was compressed without compression, then a batch that the leader may make of a request is taken', () => {
    const requestBytes = 10 * MIB;
    const batchBytes = 128 * MIB;
    expect(boundOf(`socket.request.max.bytes=${requestBytes}`)).toBeGreaterThan(batchBytes);
  });

  it('given requests that may be larger still, then a batch of one is taken', () => {
    expect(boundOf(`socket.request.max.bytes=${500 * MIB}`)).toBeGreaterThan(500 * MIB);
  });

  it('given that more is asked for at once, then so much is taken', () => {
    const overrides = `replica.fetch.response.max.bytes=${700 * MIB}`;
    expect(boundOf(overrides)).toBeGreaterThan(700 * MIB);
  });
});

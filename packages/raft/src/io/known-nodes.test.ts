// Whom a node asks who leads, and where it finds the one that was named.
import { ZERO_UUID } from '@ottla/protocol';
import { describe, expect, it } from 'vitest';
import { VoterSet } from '../replica.ts';
import { KnownNodes } from './known-nodes.ts';

const endpoint = (port: number) => ({ name: 'CONTROLLER', host: 'h', port });
const voter = (id: number, ...ports: number[]) => ({
  id,
  directoryId: ZERO_UUID,
  endpoints: ports.map(endpoint),
});

describe('the nodes that are known', () => {
  it('given bootstrap servers only, then those are asked, and the leader that they name is found', () => {
    const nodes = new KnownNodes(() => new VoterSet([]), [endpoint(1), endpoint(2)]);
    expect(nodes.others(7).map(({ endpoints }) => endpoints[0]?.port)).toEqual([1, 2]);
    expect(nodes.others(7).every(({ id }) => id < 0)).toBe(true);
    expect(nodes.get(3)).toBeUndefined();
    nodes.learn([{ nodeId: 3, host: 'h', port: 30 }]);
    expect(nodes.get(3)?.endpoints).toMatchObject([{ host: 'h', port: 30 }]);
  });

  it('given voters, then what they say of a node goes before what an answer said', () => {
    let voters = new VoterSet([voter(1, 10), voter(2, 20)]);
    const nodes = new KnownNodes(() => voters);
    nodes.learn([{ nodeId: 2, host: 'h', port: 99 }]);
    expect(nodes.get(2)?.endpoints[0]?.port).toBe(20);
    voters = new VoterSet([voter(1, 10), voter(2)]);
    expect(nodes.get(2)?.endpoints[0]?.port).toBe(99);
  });

  it('given voters, then a node asks those whose place is known, and not itself', () => {
    const nodes = new KnownNodes(() => new VoterSet([voter(1, 10), voter(2, 20), voter(3)]));
    expect(nodes.others(1).map(({ id }) => id)).toEqual([2]);
  });

  it('given ever new names, then the oldest are forgotten', () => {
    const nodes = new KnownNodes(() => new VoterSet([]));
    for (let nodeId = 0; nodeId < 100; nodeId += 1) nodes.learn([{ nodeId, host: 'h', port: 1 }]);
    expect(nodes.get(0)).toBeUndefined();
    expect(nodes.get(99)).toBeDefined();
  });
});

import { silentLogger } from '@ottla/platform';
import { type Voter, VoterHistory, VoterSet } from '@ottla/raft';
import { describe, expect, it } from 'vitest';
import { VoterLog } from './voter-log.ts';

const A = 'JEXY6aqzQY-32P5TStzaFg';
const B = 'b3JkZXJzLW9yZGVycy1vcg';

function voter(id: number, directoryId = A, port = 9093): Voter {
  return { id, directoryId, endpoints: [{ name: 'CONTROLLER', host: '127.0.0.1', port }] };
}

/** A log with the record of its first voters at offset 0, whose reader starts behind offset 9. */
function bench(...first: readonly Voter[]) {
  const lines: { readonly message: string; readonly fields: unknown }[] = [];
  const info = (message: string, fields?: unknown) => void lines.push({ message, fields });
  const history = new VoterHistory();
  const known = new VoterSet(first);
  if (first.length > 0) history.add(0, { voters: known });
  const log = new VoterLog({ ...silentLogger, info }, history, known, 10);
  const messages = () => lines.splice(0).map(({ message }) => message);
  const add = (offset: number, ...voters: readonly Voter[]): void =>
    history.add(offset, { voters: new VoterSet(voters) });
  return { log, history, add, lines, messages };
}

describe('the voters in the log of a node', () => {
  it('given one that is added, then says so when it is committed, with directories', () => {
    const { log, add, lines } = bench(voter(1));
    add(10, voter(1), voter(2, B, 9094));
    log.look(10);
    expect(lines).toEqual([]);
    log.look(11);
    log.look(12);
    const one = {
      voterId: 1,
      voterDirectoryId: A,
      endpoints: ['CONTROLLER://127.0.0.1:9093'],
    };
    const two = {
      voterId: 2,
      voterDirectoryId: B,
      endpoints: ['CONTROLLER://127.0.0.1:9094'],
    };
    expect(lines).toEqual([
      {
        message: 'the voters of the metadata quorum are 1, 2 now; before, 1',
        fields: { voters: [one, two], formerVoters: [one] },
      },
    ]);
  });

  it('given one that is removed, one with another disk, one at another port, then says each', () => {
    const { log, add, messages } = bench(voter(1), voter(2), voter(3));
    add(10, voter(1), voter(2));
    log.look(11);
    add(11, voter(1), voter(2, B));
    log.look(12);
    add(12, voter(1), voter(2, B, 9099));
    log.look(13);
    expect(messages()).toEqual([
      'the voters of the metadata quorum are 1, 2 now; before, 1, 2, 3',
      'the metadata quorum knows voter 2 by another directory or address now',
      'the metadata quorum knows voter 2 by another directory or address now',
    ]);
  });

  it('given the same voters written again, or a change that is cut off, then says nothing', () => {
    const { log, history, add, messages } = bench(voter(1));
    add(10, voter(1));
    log.look(11);
    add(12, voter(1), voter(2));
    history.truncateTo(12);
    log.look(20);
    expect(messages()).toEqual([]);
  });

  it('given what was in the log at the start, then does not say it again', () => {
    const { log, add, messages } = bench(voter(1));
    add(5, voter(1), voter(2));
    log.look(9);
    expect(messages()).toEqual([]);
  });

  it('given a node that has not heard of voters, then the first are no change', () => {
    const { log, add, messages } = bench();
    add(10, voter(1));
    log.look(11);
    add(11, voter(1), voter(2));
    log.look(12);
    expect(messages()).toEqual(['the voters of the metadata quorum are 1, 2 now; before, 1']);
  });
});

// How a damaged replica is replaced: what the controller is told, when, and when rather not.
import { DirectoryId } from '@ottla/metadata';
import { silentLogger } from '@ottla/platform';
import { beforeEach, describe, expect, it } from 'vitest';
import { DamagedReplicas, type DamagedPartition } from './damaged-replicas.ts';

const OWN = 'b3duLWRpcmVjdG9yeS1pZA';
type TestPartition = { -readonly [K in keyof DamagedPartition]: DamagedPartition[K] };

let done: string[];
let replicas: DamagedReplicas<TestPartition>;
let partition: TestPartition;

beforeEach(() => {
  done = [];
  replicas = new DamagedReplicas<TestPartition>({
    logger: silentLogger,
    brokerId: 1,
    assign: (_, directory) =>
      done.push(directory === DirectoryId.LOST ? 'say that it is lost' : 'say where it is'),
    directoryOf: () => OWN,
    leaveAlone: (_, isLeftAlone) => done.push(isLeftAlone ? 'fetch nothing' : 'fetch again'),
    replace: () => {
      done.push('replace');
      return Promise.resolve();
    },
  });
  partition = {
    name: 'orders-0',
    isr: [1, 2, 3],
    elr: [],
    leader: 1,
    directoryId: OWN,
    isDeleted: false,
    isOffline: false,
    config: { minInsyncReplicas: 2 } as DamagedPartition['config'],
  };
});

function metadata(change: Partial<TestPartition>): void {
  Object.assign(partition, change);
  replicas.updated(partition);
}

describe('a damaged replica', () => {
  it('given others in sync, then it is given up, replaced, and told of when it has what is committed', () => {
    replicas.found(partition);
    expect(done.splice(0)).toEqual(['fetch nothing', 'say that it is lost']);
    metadata({ directoryId: DirectoryId.LOST, isr: [2, 3], leader: 2 });
    expect(done.splice(0)).toEqual(['replace']);
    expect(replicas.has(partition)).toBe(true);
    replicas.caughtUp(partition);
    expect(done.splice(0)).toEqual(['say where it is']);
    replicas.caughtUp(partition);
    replicas.found(partition);
    expect(done.splice(0)).toEqual(['fetch nothing', 'say that it is lost']);
  });

  it('given that it is found again while it is replaced, then nothing more is done', () => {
    replicas.found(partition);
    metadata({ directoryId: DirectoryId.LOST, isr: [2, 3], leader: 2 });
    done = [];
    replicas.found(partition);
    metadata({ isr: [2] });
    expect(done).toEqual([]);
  });

  it.each([
    ['nobody else is in sync', 1, [1]],
    ['it does not lead, and writes would have to wait without it', 2, [1, 2]],
  ])('given that %s, then it stays as it is', (_, leader, isr) => {
    Object.assign(partition, { leader, isr });
    replicas.found(partition);
    expect(done).toEqual([]);
    // The next read that finds it looks again.
    partition.isr = [1, 2, 3];
    replicas.found(partition);
    expect(done).toHaveLength(2);
  });

  it('given a controller that has not taken it out of the ISR yet, then its log stays until then', () => {
    replicas.found(partition);
    done = [];
    metadata({ directoryId: DirectoryId.LOST });
    metadata({ leader: 2 });
    expect(done).toEqual([]);
    metadata({ isr: [2, 3] });
    expect(done).toEqual(['replace']);
  });

  // A third replica cannot fetch past the damage: there would never be enough to replace it.
  it.each([
    ['without eligible leaders', []],
    ['with eligible leaders', [1]],
  ])('given one other in sync, %s, then a leader hands over, and follows as it is', (_, elr) => {
    partition.isr = [1, 2];
    replicas.found(partition);
    expect(done.splice(0)).toEqual(['fetch nothing', 'say that it is lost']);
    metadata({ directoryId: DirectoryId.LOST, isr: [2], leader: 2, elr });
    expect(done).toEqual(['fetch again', 'say where it is']);
    expect(replicas.has(partition)).toBe(false);
  });

  it('given that nobody else is left to lead, then a damaged copy is better than none', () => {
    replicas.found(partition);
    done = [];
    metadata({ directoryId: DirectoryId.LOST, leader: -1, isr: [1] });
    expect(done).toEqual(['fetch again', 'say where it is']);
    expect(replicas.has(partition)).toBe(false);
  });

  it('given metadata in which it is not lost, then the controller is told again', () => {
    replicas.found(partition);
    done = [];
    metadata({ leader: 2 });
    expect(done).toEqual(['say that it is lost']);
  });

  it('given a topic that is deleted meanwhile, then nothing is left of it', () => {
    replicas.found(partition);
    replicas.forget(partition);
    done = [];
    metadata({ directoryId: DirectoryId.LOST, isr: [2, 3], leader: 2 });
    replicas.caughtUp(partition);
    expect(done).toEqual([]);
  });
});

import type { Disk } from '@ottla/platform';
import { createSimulation, type Simulation, type SimulatedNode } from '@ottla/platform/simulated';
import { describe, expect, it } from 'vitest';
import { codeOf } from '../conformance/disk.ts';

const LOG = '/data/log';
const SEEDS = Array.from({ length: 60 }, (_, index) => index + 1);

interface Setting {
  readonly simulation: Simulation;
  readonly node: SimulatedNode;
  readonly disk: Disk;
}

/** A node with an empty file `/data/log` whose name is durable. */
async function nodeWithLog(seed: number): Promise<Setting> {
  const simulation = createSimulation({ seed });
  const node = simulation.node('broker-1');
  const { disk } = node.platform;
  await simulation.settle(
    (async () => {
      await disk.mkdir('/data');
      await (await disk.open(LOG, 'write')).close();
      await disk.syncDirectory('/');
      await disk.syncDirectory('/data');
    })(),
  );
  return { simulation, node, disk };
}

async function write(disk: Disk, position: number, text: string, sync: boolean): Promise<void> {
  const file = await disk.open(LOG, 'write');
  try {
    await file.write([Buffer.from(text)], position);
    if (sync) await file.datasync();
  } finally {
    await file.close();
  }
}

describe('SimulatedDisk, what would be left', () => {
  it('given synced and unsynced writes, then the durable part ends where the first unsynced one begins', async () => {
    const { simulation, node, disk } = await nodeWithLog(1);
    await simulation.settle(write(disk, 0, 'SYNCED', true));
    expect(node.disk.durableBytes(LOG)).toBe(6);
    await simulation.settle(write(disk, 6, 'more', false));
    await simulation.settle(write(disk, 2, 'again', false));
    expect(node.disk.durableBytes(LOG)).toBe(2);
    await simulation.settle(write(disk, 10, 'end', true));
    expect(node.disk.durableBytes(LOG)).toBe(13);
  });

  it('given bytes that a failed sync has lost, when they are written again and synced, then they are durable', async () => {
    const { simulation, node, disk } = await nodeWithLog(1);
    await simulation.settle(write(disk, 0, 'SYNCED', true));
    node.disk.inject({ operation: 'datasync', effect: { kind: 'fail', code: 'EIO' } });
    await expect(simulation.settle(write(disk, 6, 'lost', true))).rejects.toThrow('EIO');
    await simulation.settle(write(disk, 12, 'end', true));
    expect(node.disk.durableBytes(LOG)).toBe(6);
    await simulation.settle(write(disk, 4, 'ED, again', true));
    expect(node.disk.durableBytes(LOG)).toBe(15);
    node.crash();
    expect(node.disk.peek(LOG)?.toString()).toBe('SYNCED, againnd');
  });

  it('given a file whose name, or its folder, is not durable, then nothing of it is', async () => {
    const { simulation, node, disk } = await nodeWithLog(1);
    await simulation.settle(write(disk, 0, 'SYNCED', true));
    await simulation.settle(disk.mkdir('/data/new'));
    await simulation.settle(disk.rename(LOG, '/data/new/log'));
    expect(node.disk.durableBytes('/data/new/log')).toBe(0);
    await simulation.settle(disk.syncDirectory('/data/new'));
    expect(node.disk.durableBytes('/data/new/log')).toBe(6);
    expect(node.disk.durableBytes(LOG)).toBe(0);
  });
});

describe('SimulatedDisk when its node crashes', () => {
  it('given synced and unsynced writes, when the power goes, then the synced ones are whole and the rest is a matter of chance', async () => {
    const outcomes = new Set<string>();
    for (const seed of SEEDS) {
      const { simulation, node, disk } = await nodeWithLog(seed);
      await simulation.settle(write(disk, 0, 'SYNCED', true));
      await simulation.settle(write(disk, 6, 'first', false));
      await simulation.settle(write(disk, 11, 'second', false));

      node.crash();
      const left = node.disk.peek(LOG)?.toString() ?? '';

      expect(left.startsWith('SYNCED'), `seed ${seed}`).toBe(true);
      outcomes.add(left);
    }
    expect(outcomes).toContain('SYNCED');
    expect(outcomes).toContain('SYNCEDfirstsecond');
    expect([...outcomes].some((left) => /^SYNCEDf(i|ir|irs)?$/.test(left))).toBe(true);
  });

  it('given unsynced bytes, when only the process dies, then they stay', async () => {
    const { simulation, node, disk } = await nodeWithLog(1);
    await simulation.settle(write(disk, 0, 'in the page cache', false));

    node.crash({ unsynced: 'keep' });

    expect(node.disk.peek(LOG)?.toString()).toBe('in the page cache');
  });

  it('given an overwrite that was not synced, when it is lost, then the old bytes are back', async () => {
    const outcomes = new Set<string>();
    for (const seed of SEEDS) {
      const { simulation, node, disk } = await nodeWithLog(seed);
      await simulation.settle(write(disk, 0, 'old', true));
      await simulation.settle(write(disk, 0, 'NEW', false));
      node.crash();
      outcomes.add(node.disk.peek(LOG)?.toString() ?? '');
    }
    expect([...outcomes].toSorted()).toEqual(['NEW', 'NEd', 'Nld', 'old']);
  });

  it('given a truncation that was not synced, when the power goes, then it happened or it did not', async () => {
    const outcomes = new Set<string>();
    for (const seed of SEEDS) {
      const { simulation, node, disk } = await nodeWithLog(seed);
      await simulation.settle(write(disk, 0, 'abcdef', true));
      await simulation.settle(disk.open(LOG, 'write').then((file) => file.truncate(2)));
      node.crash();
      outcomes.add(node.disk.peek(LOG)?.toString() ?? '');
    }
    expect([...outcomes].toSorted()).toEqual(['ab', 'abcdef']);
  });

  it('given a new file, when its folder was not synced, then the file may be gone though its bytes were synced', async () => {
    const counts = { there: 0, gone: 0 };
    for (const seed of SEEDS) {
      const { simulation, node, disk } = await nodeWithLog(seed);
      await simulation.settle(
        (async () => {
          const file = await disk.open('/data/new', 'write');
          await file.write([Buffer.from('x')], 0);
          await file.datasync();
        })(),
      );
      node.crash();
      counts[node.disk.peek('/data/new') === undefined ? 'gone' : 'there']++;
    }
    expect(counts.there).toBeGreaterThan(0);
    expect(counts.gone).toBeGreaterThan(0);
  });

  it('given a replacement under way, when the power goes at any moment, then the file is old or new, never a mixture', async () => {
    const outcomes = new Set<string>();
    for (const seed of Array.from({ length: 300 }, (_, index) => index)) {
      const { simulation, node, disk } = await nodeWithLog(seed);
      await simulation.settle(disk.replaceFile('/data/checkpoint', Buffer.from('old')));
      void disk.replaceFile('/data/checkpoint', Buffer.from('the new content'));
      await simulation.run(simulation.random.float() * 5);
      node.crash();
      const left = node.disk.peek('/data/checkpoint')?.toString();
      expect(['old', 'the new content'], `seed ${seed}`).toContain(left);
      outcomes.add(left ?? '');
    }
    expect(outcomes.size).toBe(2);
  });

  it('given an ended life, when its code goes on, then nothing of it happens', async () => {
    const { simulation, node, disk } = await nodeWithLog(5);
    let happened = false;
    const note = (): void => void (happened = true);
    node.platform.timers.set(10, note);
    void node.platform.timers.sleep(10).then(note);
    const file = await simulation.settle(disk.open(LOG, 'write'));

    node.crash();
    void file.write([Buffer.from('ghost')], 0).then(note);
    void disk.replaceFile('/data/ghost', Buffer.from('x')).then(note);
    void disk.stat(LOG).then(note);
    await simulation.run(100);

    expect(happened).toBe(false);
    expect(node.disk.files()).toEqual([LOG]);
    expect(node.disk.peek(LOG)).toHaveLength(0);
    expect(node.isUp).toBe(false);
  });

  it('given a held lock, when the node crashes, then its next life can take it', async () => {
    const { simulation, node, disk } = await nodeWithLog(5);
    await simulation.settle(disk.lock('/data/.lock'));
    const next = node.restart();

    const lock = await simulation.settle(next.disk.lock('/data/.lock'));

    expect(lock).toBeDefined();
  });
});

describe('SimulatedDisk with injected faults', () => {
  it('given a fault on the third write to a path, when writing, then only that one fails', async () => {
    const { simulation, node, disk } = await nodeWithLog(7);
    node.disk.inject({
      operation: 'write',
      path: LOG,
      after: 2,
      effect: { kind: 'fail', code: 'EIO' },
    });
    const codes: unknown[] = [];
    for (let count = 0; count < 4; count++) {
      codes.push(await simulation.settle(codeOf(write(disk, count, 'x', false))));
    }

    expect(codes).toEqual([undefined, undefined, 'EIO', undefined]);
  });

  it('given a datasync that fails, when the next one succeeds, then the bytes of the first are gone after a crash all the same', async () => {
    const { simulation, node, disk } = await nodeWithLog(8);
    node.disk.inject({ operation: 'datasync', effect: { kind: 'fail', code: 'EIO' } });

    expect(await simulation.settle(codeOf(write(disk, 0, 'lost', true)))).toBe('EIO');
    expect(node.disk.peek(LOG)?.toString()).toBe('lost');
    await simulation.settle(write(disk, 4, 'kept', true));
    node.crash();

    expect(node.disk.peek(LOG)?.toString()).toBe('\0\0\0\0kept');
  });

  it('given a torn write, when it fails, then just its first bytes are there', async () => {
    const { simulation, node, disk } = await nodeWithLog(9);
    node.disk.inject({ operation: 'write', effect: { kind: 'tear', keepBytes: 3 } });

    expect(await simulation.settle(codeOf(write(disk, 0, 'abcdef', false)))).toBe('EIO');

    expect(node.disk.peek(LOG)?.toString()).toBe('abc');
  });

  it('given a flipped bit, when read, then exactly one bit differs and nobody is told', async () => {
    const { simulation, node, disk } = await nodeWithLog(10);
    await simulation.settle(write(disk, 0, 'abcdef', false));
    node.disk.inject({ operation: 'readFile', effect: { kind: 'flip' } });

    const read = await simulation.settle(disk.readFile(LOG));
    const again = await simulation.settle(disk.readFile(LOG));

    expect(differingBits(read, again)).toBe(1);
    expect(again.toString()).toBe('abcdef');
    node.disk.flipBit(LOG, 0, 0);
    expect(node.disk.peek(LOG)?.toString()).toBe('`bcdef');
  });

  it('given a full disk, when written, then ENOSPC with what fitted; removing a file makes room', async () => {
    const { simulation, node, disk } = await nodeWithLog(11);
    node.disk.conditions = { ...node.disk.conditions, capacityBytes: 10 };

    expect(await simulation.settle(codeOf(write(disk, 0, '0123456789ab', false)))).toBe('ENOSPC');
    expect(node.disk.peek(LOG)?.toString()).toBe('0123456789');
    expect(await simulation.settle(disk.space('/data'))).toEqual({
      totalBytes: 10,
      usableBytes: 0,
    });
    await simulation.settle(disk.remove(LOG));
    expect((await simulation.settle(disk.space('/data'))).usableBytes).toBe(10);
  });

  it('given a slow disk, when written, then virtual time passes accordingly', async () => {
    const { simulation, node, disk } = await nodeWithLog(12);
    node.disk.conditions = { ...node.disk.conditions, operationMs: { min: 500, max: 500 } };
    const from = simulation.elapsedMs;
    await simulation.settle(disk.stat(LOG));
    expect(simulation.elapsedMs - from).toBe(500);

    node.disk.inject({ operation: 'stat', effect: { kind: 'delay', delayMs: 10_000 } });
    await simulation.settle(disk.stat(LOG));
    expect(simulation.elapsedMs - from).toBe(11_000);
  });

  it('given a crash at the n-th write, when it comes, then the life ends there and the write may be half done', async () => {
    const lengths = new Set<number>();
    for (const seed of SEEDS) {
      const { simulation, node, disk } = await nodeWithLog(seed);
      node.disk.inject({ operation: 'write', after: 1, effect: { kind: 'crash' } });
      await simulation.settle(write(disk, 0, 'ok', true));
      void write(disk, 2, 'never acknowledged', true);
      await simulation.runUntil(() => !node.isUp);
      const left = node.disk.peek(LOG)?.toString() ?? '';
      expect('oknever acknowledged'.startsWith(left), `seed ${seed}`).toBe(true);
      expect(left.startsWith('ok'), `seed ${seed}`).toBe(true);
      lengths.add(left.length);
    }
    expect(lengths.size).toBeGreaterThan(3);
  });

  it('given a process that is killed at a sync, then the system keeps what it has written', async () => {
    for (const seed of SEEDS) {
      const { simulation, node, disk } = await nodeWithLog(seed);
      await simulation.settle(write(disk, 0, 'ok', false));
      const effect = { kind: 'crash', unsynced: 'keep' } as const;
      node.disk.inject({ operation: 'datasync', effect });
      void write(disk, 2, '!', true);
      await simulation.runUntil(() => !node.isUp);
      expect(node.disk.peek(LOG)?.toString(), `seed ${seed}`).toBe('ok!');
    }
  });
});

function differingBits(left: Buffer, right: Buffer): number {
  let count = 0;
  for (const [position, byte] of left.entries()) {
    for (let rest = byte ^ (right[position] ?? 0); rest > 0; rest >>= 1) count += rest & 1;
  }
  return count;
}

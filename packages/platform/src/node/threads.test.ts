import { describe, expect, it } from 'vitest';
import { NodeThreads } from './threads.ts';

const WORK = new URL('../../test/conformance/thread-work.ts', import.meta.url);

describe('NodeThreads', () => {
  it('given a worker that dies, when its task is lost, then EWORKER and the next task gets a new worker', async () => {
    const threads = new NodeThreads(1);
    const lost = threads.run(WORK, 'die', undefined);
    const next = threads.run(WORK, 'multiply', { input: Uint8Array.of(2), factor: 3 });

    await expect(lost).rejects.toMatchObject({ code: 'EWORKER' });
    expect(await next).toEqual(Uint8Array.of(6));
    await threads.close();
  });

  it('given more tasks than may wait, when one more comes, then EBUSY; closing rejects the waiting ones', async () => {
    const threads = new NodeThreads(1);
    const tasks = Array.from({ length: 1025 }, () => threads.run(WORK, 'multiply', undefined));
    const outcomes = Promise.allSettled(tasks);

    await expect(threads.run(WORK, 'multiply', undefined)).rejects.toMatchObject({ code: 'EBUSY' });
    await threads.close();

    const codes = (await outcomes).map((each) =>
      each.status === 'rejected' ? (each.reason as { code: unknown }).code : 'done',
    );
    expect(new Set(codes)).toEqual(new Set(['ECLOSED']));
  });

  it('given an input that cannot be copied, when run, then ETASK and the pool goes on', async () => {
    const threads = new NodeThreads(1);

    await expect(threads.run(WORK, 'multiply', () => 1)).rejects.toMatchObject({ code: 'ETASK' });
    const task = { input: Uint8Array.of(1), factor: 1 };
    expect(await threads.run(WORK, 'multiply', task)).toEqual(Uint8Array.of(1));
    await threads.close();
  });
});

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

  it('given a program that computes for ever, when terminated, then it ends without an error', async () => {
    const threads = new NodeThreads();
    const exit = Promise.withResolvers<Error | undefined>();
    const looping = Promise.withResolvers<unknown>();
    const thread = threads.start({
      module: WORK,
      exportName: 'loop',
      name: 'loop',
      input: undefined,
      onMessage: looping.resolve,
      onExit: exit.resolve,
    });
    expect(await looping.promise).toBe('looping');

    await thread.terminate();

    expect(await exit.promise).toBeUndefined();
    await threads.close();
  });

  it.each([
    ['throws outside of its promise', 'failOutside', 'out of nowhere'],
    ['ends its process', 'die', 'exit code 3'],
    ['uses up its heap', 'hoard', 'memory'],
  ])('given a program that %s, when it dies, then EWORKER says why', async (_what, name, why) => {
    const threads = new NodeThreads();
    const exit = Promise.withResolvers<Error | undefined>();
    threads.start({
      module: WORK,
      exportName: name,
      name,
      input: undefined,
      heapBytesMax: 16 * 1024 * 1024,
      onMessage: () => undefined,
      onExit: exit.resolve,
    });

    const error = await exit.promise;
    expect(error).toMatchObject({ code: 'EWORKER' });
    expect(error?.message).toContain(why);
    await threads.close();
  });
});

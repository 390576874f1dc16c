// The contract of `Net` and `Connection`, for every implementation, over a listener and over a pipe.
import { NetError, type Connection, type Platform } from '@ottla/platform';
import { describe, expect, it } from 'vitest';
import { codeOf } from './disk.ts';
import type { World } from './world.ts';

interface Line {
  readonly near: Connection;
  readonly far: Connection;
  close(): Promise<void>;
}

type Open = (platform: Platform) => Promise<Line>;

async function overListener({ net }: Platform): Promise<Line> {
  let accepted: (connection: Connection) => void = () => undefined;
  const far = new Promise<Connection>((resolve) => (accepted = resolve));
  const listener = await net.listen({ host: '127.0.0.1', port: 0 }, accepted);
  const near = await net.connect({ host: '127.0.0.1', port: listener.port });
  return { near, far: await far, close: () => listener.close() };
}

async function overPipe({ net }: Platform): Promise<Line> {
  const [near, far] = net.pipe();
  return { near, far, close: async () => undefined };
}

export function describeNet(world: World): void {
  describe(`Net of ${world.name}`, () => {
    describeListening(world);
    describe('a connection over a listener', () => describeConnection(world, overListener));
    describe('a connection over a pipe', () => describeConnection(world, overPipe));
  });
}

function describeListening(world: World): void {
  it('given port 0, when listening, then a free port is chosen and both ends know each other', () =>
    world.play(async ({ platform }) => {
      const { near, far, close } = await overListener(platform);

      expect(near.remotePort).toBe(far.localPort);
      expect(near.localPort).toBe(far.remotePort);
      expect(far.remoteHost).toBe('127.0.0.1');
      expect(near.localPort).toBeGreaterThan(0);
      await Promise.all([ended(near), ended(far)].concat(closeBoth(near, far)));
      await close();
    }));

  it('given a port in use, when listened on again, then EADDRINUSE; after close it is free', () =>
    world.play(async ({ platform: { net } }) => {
      const host = '127.0.0.1';
      const first = await net.listen({ host, port: 0 }, () => undefined);

      expect(await codeOf(net.listen({ host, port: first.port }, () => undefined))).toBe(
        'EADDRINUSE',
      );
      await first.close();
      await first.close();
      const second = await net.listen({ host, port: first.port }, () => undefined);
      await second.close();
      expect(await codeOf(net.connect({ host, port: first.port }))).toBe('ECONNREFUSED');
    }));

  it('given an aborted signal, when connecting, then its reason', () =>
    world.play(async ({ platform: { net } }) => {
      const signal = AbortSignal.abort(new Error('changed my mind'));
      const attempt = net.connect({ host: '127.0.0.1', port: 1, signal });

      await expect(attempt).rejects.toThrow('changed my mind');
    }));
}

function describeConnection(world: World, open: Open): void {
  const on = (scenario: (line: Line, platform: Platform) => Promise<void>) => () =>
    world.play(async ({ platform }) => {
      const line = await open(platform);
      await scenario(line, platform);
      await line.close();
    });

  it(
    'given vectors of chunks, when written, then the bytes arrive in order, at most 64 KiB at once',
    on(async ({ near, far }) => {
      const sent = Buffer.from(Uint8Array.from({ length: 700_000 }, (_, index) => index * 7));
      const received = collect(far);
      const nearClosed = ended(near);
      for (let from = 0; from < sent.length; from += 100_000) {
        near.write([sent.subarray(from, from + 10), sent.subarray(from + 10, from + 100_000)]);
      }
      near.end();

      const { bytes, largest } = await received;
      expect(bytes.equals(sent)).toBe(true);
      expect(largest).toBeLessThanOrEqual(65_536);
      await nearClosed;
    }),
  );

  it(
    'given a reader that has not started, when it starts, then nothing was lost',
    on(async ({ near, far }, { timers }) => {
      const nearClosed = ended(near);
      near.write([Buffer.from('early')]);
      near.end();
      await timers.sleep(5);

      expect((await collect(far)).bytes.toString()).toBe('early');
      await nearClosed;
    }),
  );

  it(
    'given writes, when the system has taken them, then onFlushed in order and nothing is pending',
    on(async ({ near, far }) => {
      const order: number[] = [];
      const received = collect(far);
      const nearClosed = ended(near);
      near.write([Buffer.alloc(1000)], () => order.push(1));
      near.write([], () => order.push(2));
      near.write([Buffer.alloc(10), Buffer.alloc(20)], () => order.push(3));
      near.end();

      await received;
      await nearClosed;
      expect(order).toEqual([1, 2, 3]);
      expect(near.pendingWriteBytes).toBe(0);
    }),
  );

  it(
    'given a peer that does not read, when the queue passes the high-water mark, then write says stop and onDrain go',
    on(async ({ near, far }, { timers }) => {
      let isDrained = false;
      const nearClosed = new Promise<void>((resolve) =>
        near.start({
          onData: () => undefined,
          onDrain: () => (isDrained = true),
          onClose: () => resolve(),
        }),
      );
      let written = 0;
      const chunk = Buffer.alloc(100_000, 'x');
      do {
        written += chunk.length;
      } while (near.write([chunk]) && written < 1e9);
      await timers.sleep(20);
      while (near.write([chunk]) && written < 1e9) written += chunk.length;
      written += chunk.length;

      expect(near.pendingWriteBytes).toBeGreaterThan(256 * 1024);
      expect(isDrained).toBe(false);
      const received = collect(far);
      near.end();
      expect((await received).bytes.length).toBe(written);
      expect(isDrained).toBe(true);
      await nearClosed;
    }),
  );

  it(
    'given a paused reader, when more is sent, then nothing more comes until it resumes',
    on(async ({ near, far }, { timers }) => {
      const nearClosed = ended(near);
      let receivedCount = 0;
      let closed: () => void = () => undefined;
      const farClosed = new Promise<void>((resolve) => (closed = resolve));
      far.start({
        onData: (chunk) => {
          receivedCount += chunk.length;
          far.pause();
        },
        onClose: () => closed(),
      });
      near.write([Buffer.alloc(10)]);
      while (receivedCount === 0) await timers.sleep(1);
      const before = receivedCount;
      for (let count = 0; count < 20; count++) near.write([Buffer.alloc(50_000)]);
      await timers.sleep(20);

      expect(receivedCount - before).toBeLessThanOrEqual(65_536);
      while (receivedCount < 1_000_010) {
        far.resume();
        await timers.sleep(0);
      }
      far.resume();
      near.end();
      await Promise.all([nearClosed, farClosed]);
      expect(receivedCount).toBe(1_000_010);
    }),
  );

  it(
    'given a half-closed connection, when the other side goes on writing, then it is still heard',
    on(async ({ near, far }, { timers }) => {
      const heard = collect(near);
      const farClosed = new Promise<unknown>((resolve) =>
        far.start({
          onData: () => undefined,
          onEnd: () => {
            far.write([Buffer.from('after ')]);
            void timers.sleep(1).then(() => {
              far.write([Buffer.from('your end')]);
              far.end();
            });
          },
          onClose: resolve,
        }),
      );
      near.write([Buffer.from('question')]);
      near.end();

      expect((await heard).bytes.toString()).toBe('after your end');
      expect(await farClosed).toBeUndefined();
    }),
  );

  it(
    'given both ends open, when one destroys, then each is told of the close exactly once, last',
    on(async ({ near, far }, { timers }) => {
      const calls: string[] = [];
      const closed = Promise.all(
        [near, far].map(
          (end, index) =>
            new Promise<void>((resolve) =>
              end.start({
                onData: () => calls.push(`data ${index}`),
                onClose: () => {
                  calls.push(`close ${index}`);
                  resolve();
                },
              }),
            ),
        ),
      );
      near.destroy();
      near.destroy();
      expect(near.write([Buffer.from('too late')], () => calls.push('flushed'))).toBe(true);
      near.end();

      await closed;
      await timers.sleep(5);
      expect(calls.toSorted()).toEqual(['close 0', 'close 1']);
      expect(near.pendingWriteBytes).toBe(0);
    }),
  );

  it(
    'given a connection that closed before it was started, when started, then onClose still comes',
    on(async ({ near, far }, { timers }) => {
      const farClosed = ended(far);
      near.destroy();
      await farClosed;
      await timers.sleep(1);

      await ended(near);
    }),
  );

  it(
    'given a peer that is gone, when written to without end, then the error is a NetError and reaches onClose',
    on(async ({ near, far }, { timers }) => {
      far.destroy();
      let outcome: { readonly error: Error | undefined } | undefined;
      near.start({
        onData: () => undefined,
        onEnd: () => undefined,
        onClose: (error) => (outcome = { error }),
      });
      for (let count = 0; count < 1000 && outcome === undefined; count++) {
        near.write([Buffer.alloc(100)]);
        await timers.sleep(1);
      }

      expect(outcome).toBeDefined();
      if (outcome?.error !== undefined) expect(outcome.error).toBeInstanceOf(NetError);
    }),
  );
}

async function collect(connection: Connection): Promise<{ bytes: Buffer; largest: number }> {
  const chunks: Buffer[] = [];
  let largest = 0;
  await new Promise<void>((resolve, reject) =>
    connection.start({
      onData: (chunk) => {
        largest = Math.max(largest, chunk.length);
        chunks.push(Buffer.from(chunk));
      },
      onClose: (error) => (error === undefined ? resolve() : reject(error)),
    }),
  );
  return { bytes: Buffer.concat(chunks), largest };
}

/** Starts a connection that only waits for its close. */
function ended(connection: Connection): Promise<void> {
  return new Promise((resolve) =>
    connection.start({ onData: () => undefined, onClose: () => resolve() }),
  );
}

function closeBoth(...connections: readonly Connection[]): Promise<void>[] {
  for (const connection of connections) connection.end();
  return [];
}

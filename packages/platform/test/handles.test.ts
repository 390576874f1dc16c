import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Connection } from '@ottla/platform';
import { expect, it } from 'vitest';
import { createNodePlatform } from '../src/node/node-platform.ts';

const OURS = ['Timeout', 'TCPSocketWrap', 'TCPServerWrap', 'Worker', 'FSReqCallback', 'Immediate'];

function resources(): string[] {
  return process
    .getActiveResourcesInfo()
    .filter((kind) => OURS.includes(kind))
    .toSorted();
}

it('given everything opened, when everything is closed, then no handle is left', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'ottla-handles-'));
  const before = resources();
  const platform = createNodePlatform();
  const { disk, net, threads, timers } = platform;

  const file = await disk.open(join(directory, 'log'), 'write');
  await file.write([Buffer.from('x')], 0);
  const lock = await disk.lock(join(directory, '.lock'));
  const accepted: Connection[] = [];
  const listener = await net.listen({ host: '127.0.0.1', port: 0 }, (one) => accepted.push(one));
  const near = await net.connect({ host: '127.0.0.1', port: listener.port });
  const timer = timers.set(60_000, () => undefined);
  const work = new URL('./conformance/thread-work.ts', import.meta.url);
  await threads.run(work, 'multiply', { input: Uint8Array.of(1), factor: 1 });
  await expect.poll(() => accepted.length).toBe(1);

  await file.close();
  await lock.release();
  await listener.close();
  timer.cancel();
  await Promise.all(
    [near, ...accepted].map(
      (end) =>
        new Promise<void>((resolve) => {
          end.start({ onData() {}, onClose: () => resolve() });
          end.destroy();
        }),
    ),
  );
  await threads.close();
  await expect.poll(resources).toEqual(before);
  await rm(directory, { recursive: true });
});

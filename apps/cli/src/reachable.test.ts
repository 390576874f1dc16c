import { createServer, type Server, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';
import { nodePlatform } from '@ottla/platform';
import { afterEach, describe, expect, it } from 'vitest';
import { type Address, answeringFirst } from './reachable.ts';

const servers: Server[] = [];
const sockets = new Set<Socket>();
afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  await Promise.all(
    servers.splice(0).map((server) => new Promise((resolve) => server.close(resolve))),
  );
});

/** Somebody who takes connections, and answers what comes, or does not. */
async function listener(answers: boolean): Promise<Address> {
  const server = createServer((socket) => {
    sockets.add(socket.on('error', () => {}));
    if (answers) socket.on('data', () => socket.write('answer'));
  });
  servers.push(server);
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  return at((server.address() as AddressInfo).port);
}

function at(port: number): Address {
  return { text: `127.0.0.1:${port}`, host: '127.0.0.1', port };
}

const platform = nodePlatform();
/** Nobody listens there. */
const nobody = at(1);
/** Lets nobody wait for silence. */
const impatient = {
  ...platform,
  timers: { ...platform.timers, sleep: () => platform.timers.sleep(100) },
};

describe('whom a command starts from', () => {
  it('given one that hangs in front, then another one that answers goes first', async () => {
    const [hangs, answers] = [await listener(false), await listener(true)];
    expect(await answeringFirst(platform, [hangs, nobody, answers], '')).toEqual([
      answers,
      hangs,
      nobody,
    ]);
  });

  it('given nobody who answers, then those that are there go first', async () => {
    const hangs = await listener(false);
    expect(await answeringFirst(impatient, [nobody, hangs], '')).toEqual([hangs, nobody]);
  });

  it('given a single one that is there, then does not wait for its answer', async () => {
    const hangs = await listener(false);
    expect(await answeringFirst(platform, [hangs], '')).toEqual([hangs]);
  });

  it('given nobody at all, then says why of each, and what to do', async () => {
    await expect(answeringFirst(platform, [nobody, at(2)], 'Start one.')).rejects.toMatchObject({
      message:
        'no broker can be reached at 127.0.0.1:1: connection refused; 127.0.0.1:2: connection refused',
      next: 'Start one.',
    });
  });
});

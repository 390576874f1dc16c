// Ports for servers that go and come back: below those that the system gives to outgoing connections, which would take a
// port while its server is away. Each is given once, also among the processes that run tests side by side: a file with the
// number of the process says who has it, for as long as that process lives.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';

const FIRST = 16_000;
/** Exclusive; Linux gives out ports from here on. */
const END = 32_768;
const folder = path.join(tmpdir(), 'ottla-test-ports');

const given = new Set<number>();
process.on('exit', () => {
  for (const port of given) giveBack(port);
});

/** A port that is free now, and that nobody is given by chance. */
export async function lastingPort(): Promise<number> {
  for (;;) {
    const port = FIRST + Math.floor(Math.random() * (END - FIRST));
    if (await take([port])) return port;
  }
}

/** The first of so many ports one after the other that are free, those at a distance from them as well. */
export async function lastingPorts(count: number, distance: number): Promise<number> {
  for (;;) {
    const first = FIRST + Math.floor(Math.random() * (END - FIRST - distance - count));
    const ports = Array.from({ length: count }, (_, index) => first + index);
    if (await take([...ports, ...ports.map((port) => port + distance)])) return first;
  }
}

/** All of them, or none. */
async function take(ports: readonly number[]): Promise<boolean> {
  const taken: number[] = [];
  for (const port of ports) {
    if (!reserve(port)) break;
    taken.push(port);
    if (!(await isFree(port))) break;
    if (taken.length === ports.length) return true;
  }
  for (const port of taken) giveBack(port);
  return false;
}

function reserve(port: number): boolean {
  mkdirSync(folder, { recursive: true });
  const file = path.join(folder, String(port));
  const write = (): boolean => {
    try {
      writeFileSync(file, String(process.pid), { flag: 'wx' });
      given.add(port);
      return true;
    } catch {
      return false;
    }
  };
  if (write()) return true;
  if (isOfTheLiving(file)) return false;
  rmSync(file, { force: true });
  return write();
}

function giveBack(port: number): void {
  given.delete(port);
  rmSync(path.join(folder, String(port)), { force: true });
}

/** Whether the process that has the port still runs. */
function isOfTheLiving(file: string): boolean {
  try {
    process.kill(Number(readFileSync(file, 'utf8')), 0);
    return true;
  } catch (error) {
    // Somebody else's process lives as well; a file that is just being written is somebody's, too.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.on('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}

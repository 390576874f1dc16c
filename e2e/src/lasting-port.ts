// Ports for servers that go and come back: below those that the system gives to outgoing connections, which would take a
// port while its server is away.
import { createServer } from 'node:net';

const FIRST = 16_000;
/** Exclusive; Linux gives out ports from here on. */
const END = 32_768;

/** A port that is free now, and that nobody is given by chance. */
export async function lastingPort(): Promise<number> {
  for (;;) {
    const port = FIRST + Math.floor(Math.random() * (END - FIRST));
    if (await isFree(port)) return port;
  }
}

/** The first of so many ports one after the other that are free, those at a distance from them as well. */
export async function lastingPorts(count: number, distance: number): Promise<number> {
  for (;;) {
    const first = FIRST + Math.floor(Math.random() * (END - FIRST - distance - count));
    const ports = Array.from({ length: count }, (_, index) => first + index);
    const free = await Promise.all(
      [...ports, ...ports.map((port) => port + distance)].map((port) => isFree(port)),
    );
    if (free.every(Boolean)) return first;
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.on('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}

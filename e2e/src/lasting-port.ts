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

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.on('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}

// Functions and programs that the conformance suite runs in threads.
import type { ThreadPort } from '@ottla/platform';

export function multiply(task: { input: Uint8Array; factor: number }): Uint8Array {
  return task.input.map((byte) => byte * task.factor);
}

export function fail(): never {
  throw new Error('as asked');
}

/** Ends the worker in the middle of its task. */
export function die(): never {
  process.exit(3);
}

/** Echoes with its greeting until it is told to stop, to throw or to hang. */
export function echo(greeting: string, port: ThreadPort): Promise<void> {
  return new Promise((resolve, reject) => {
    port.post(`${greeting}, ready`);
    port.listen((message) => {
      if (message === 'stop') resolve();
      else if (message === 'throw') reject(new Error('as asked'));
      else port.post({ greeting, message });
    });
  });
}

/** Computes for ever; says so first. */
export function loop(_input: unknown, port: ThreadPort): never {
  port.post('looping');
  for (;;);
}

/** Fails where no promise of the program sees it. */
export function failOutside(): Promise<void> {
  setTimeout(() => {
    throw new Error('out of nowhere');
  }, 1);
  return new Promise(() => undefined);
}

/** Uses up any heap. */
export function hoard(): never {
  const hoarded: unknown[] = [];
  for (;;) hoarded.push(Array.from({ length: 10_000 }, (_, index) => ({ index })));
}

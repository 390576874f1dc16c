import { createRequire } from 'node:module';
import type { Platform } from '@ottla/platform';
import { createSimulation, SimulationError, type Simulation } from '@ottla/platform/simulated';
import { describe, expect, it } from 'vitest';

/** Three nodes that write, sync, talk to each other and crash, all by chance. */
async function eventfulHistory(seed: number): Promise<Simulation> {
  const simulation = createSimulation({ seed, network: { lossProbability: 0.05 } });
  const names = ['node-1', 'node-2', 'node-3'];
  const live = async (platform: Platform): Promise<void> => {
    await platform.disk.mkdir('/data');
    await platform.net.listen({ host: '0.0.0.0', port: 9092 }, (connection) =>
      connection.start({ onData: (chunk) => connection.write([Buffer.from(chunk)]), onClose() {} }),
    );
    const file = await platform.disk.open('/data/log', 'write');
    for (let position = 0; ;) {
      const bytes = platform.random.bytes(1 + platform.random.below(500));
      await file.write([bytes], position);
      position += bytes.length;
      if (platform.random.below(3) === 0) await file.datasync();
      const host = names[platform.random.below(names.length)] ?? '';
      try {
        const connection = await platform.net.connect({ host, port: 9092, timeoutMs: 50 });
        connection.start({ onData: () => connection.end(), onClose() {} });
        connection.write([bytes]);
      } catch {
        await platform.timers.sleep(platform.random.below(20));
      }
    }
  };
  for (const name of names) void live(simulation.node(name).platform);
  for (let round = 0; round < 5; round++) {
    await simulation.run(100);
    const node = simulation.node(names[simulation.random.below(3)] ?? '');
    void live(node.restart());
  }
  return simulation;
}

describe('Simulation', () => {
  it('given one seed, when run twice, then the histories are the same to the byte', async () => {
    for (const seed of [1, 2, 3]) {
      const [first, second] = [await eventfulHistory(seed), await eventfulHistory(seed)];
      expect(second.traceHash, `seed ${seed}`).toBe(first.traceHash);
      expect(second.traceTail()).toEqual(first.traceTail());
      const path = '/data/log';
      expect(second.node('node-2').disk.peek(path)).toEqual(first.node('node-2').disk.peek(path));
    }
  });

  it('given different seeds, when run, then the histories differ', async () => {
    const hashes = new Set<string>();
    for (const seed of [1, 2, 3, 4]) hashes.add((await eventfulHistory(seed)).traceHash);

    expect(hashes.size).toBe(4);
  });

  it('given an hour to wait, when run, then virtual time passes and real time hardly', async () => {
    const simulation = createSimulation({ seed: 1 });
    const { clock, timers } = simulation.node('node-1').platform;
    const from = clock.nowMs();
    let ticks = 0;
    const tick = (): void => {
      ticks++;
      timers.set(60_000, tick);
    };
    tick();

    await simulation.run(3_600_000);

    expect(ticks).toBe(61);
    expect(clock.nowMs() - from).toBe(3_600_000);
    expect(simulation.elapsedMs).toBe(3_600_000);
  });

  it('given promises that wait for promises, when an event happens, then all of them go on before the next', async () => {
    const simulation = createSimulation({ seed: 1 });
    const { timers } = simulation.node('node-1').platform;
    const order: string[] = [];
    const deep = async (depth: number): Promise<void> => {
      if (depth > 0) await deep(depth - 1);
    };
    void timers
      .sleep(1)
      .then(() => deep(100))
      .then(() => order.push('promises of the first'));
    timers.set(1.001, () => order.push('second'));

    await simulation.run(2);

    expect(order).toEqual(['promises of the first', 'second']);
  });

  it('given a clock that jumps and a node that stalls, when time passes, then only the wall clock jumps and the timers come late', async () => {
    const simulation = createSimulation({ seed: 1 });
    const node = simulation.node('node-1');
    const { clock, timers } = node.platform;
    const before = clock.nowMs();
    node.jumpClock(-5_000);
    expect(clock.nowMs()).toBe(before - 5_000);
    expect(clock.monotonicMs()).toBe(0);

    const firedAtMs: number[] = [];
    for (const delayMs of [10, 20, 900])
      timers.set(delayMs, () => firedAtMs.push(simulation.elapsedMs));
    node.stall(500);
    await simulation.run(1_000);

    expect(firedAtMs).toEqual([500, 500, 900]);
  });

  it('given something that never happens, when waited for, then the error names the seed', async () => {
    const simulation = createSimulation({ seed: 77 });
    const idle = simulation.settle(new Promise(() => undefined));
    await expect(idle).rejects.toThrow(/nothing is left to happen.*seed 77/);

    const { timers } = simulation.node('node-1').platform;
    const tick = (): void => void timers.set(100, tick);
    tick();
    const late = simulation.runUntil(() => false, 1_000);
    await expect(late).rejects.toThrow(SimulationError);
    expect(simulation.elapsedMs).toBe(1_000);
  });

  it('given code that reaches past the ports, when run, then the simulation says so, even if the code hides it', async () => {
    for (const escape of [
      () => setTimeout(() => undefined, 1),
      () => setImmediate(() => undefined),
      () => Math.random(),
      () => AbortSignal.timeout(5),
    ]) {
      const simulation = createSimulation({ seed: 1 });
      simulation.node('node-1').platform.timers.set(1, () => {
        try {
          escape();
        } catch {
          // A library that swallows the error.
        }
      });
      await expect(simulation.run(10)).rejects.toThrow('inside a simulation');
      expect(Math.random()).toBeLessThan(1);
    }
  });

  it('given real files inside the simulation, when run, then the system call is named', async () => {
    const { readFile } = await import('node:fs/promises');
    const simulation = createSimulation({ seed: 1 });
    simulation.node('node-1').platform.timers.set(1, () => void readFile(import.meta.filename));

    await expect(simulation.run(10)).rejects.toThrow(/a real FS\w+ is under way/);
  });

  it('given a module that is first loaded inside the simulation, when run, then it is named', async () => {
    // By Node's own loader: the test runner's goes around it.
    const require = createRequire(import.meta.url);
    const simulation = createSimulation({ seed: 1 });
    simulation.node('node-1').platform.timers.set(1, () => {
      require('../conformance/thread-work.ts');
    });

    await expect(simulation.run(10)).rejects.toThrow(/thread-work.ts is imported inside/);
    await simulation.run(10);
  });

  it('given a direction that is blocked, when only it is unblocked, then what waited arrives', async () => {
    const simulation = createSimulation({ seed: 1 });
    const [left, right] = [simulation.node('left'), simulation.node('right')];
    let received = '';
    await right.platform.net.listen({ host: 'right', port: 1 }, (connection) =>
      connection.start({ onData: (chunk) => (received += chunk.toString()), onClose() {} }),
    );
    const connecting = left.platform.net.connect({ host: 'right', port: 1 });
    const connection = await simulation.settle(connecting);
    connection.start({ onData() {}, onClose() {} });
    simulation.net.partition(['left'], ['right']);
    connection.write([Buffer.from('late')]);
    await simulation.run(1_000);
    expect(received).toBe('');

    simulation.net.unblock('left', 'right');
    await simulation.run(1_000);
    expect(received).toBe('late');
  });
});

// A broker's process as its parent sees it; the broker is a few lines that say what a broker would.
import { nodePlatform, type Timers } from '@ottla/platform';
import { afterEach, describe, expect, it } from 'vitest';
import { BrokerProcess, type LogLine, type ProcessState } from './broker-process.ts';

const READY = `console.log(JSON.stringify({ level: 'info', msg: 'ready' }));`;
const UNTIL_TOLD = `process.stdin.on('end', () => process.exit(0)).resume();`;

const running: BrokerProcess[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((process) => process.stop({ leave: false })));
});

/** A process that runs a script, with what it went through. */
function started(
  script: string,
  program = globalThis.process.execPath,
  timers: Pick<Timers, 'set'> = nodePlatform().timers,
): {
  process: BrokerProcess;
  states: ProcessState[];
  lines: LogLine[];
  until: (holds: () => boolean) => Promise<void>;
} {
  const states: ProcessState[] = [];
  const lines: LogLine[] = [];
  let changed: () => void = () => {};
  const process = new BrokerProcess({
    nodeId: 1,
    command: [program, '-e', script],
    env: globalThis.process.env,
    timers,
    restartDelayMs: { first: 10, max: 20 },
    onState: ({ state }) => {
      states.push(state);
      changed();
    },
    onLine: (_, line) => {
      lines.push(line);
      changed();
    },
  });
  running.push(process);
  process.start();
  const until = async (holds: () => boolean): Promise<void> => {
    while (!holds()) await new Promise<void>((resolve) => (changed = resolve));
  };
  return { process, states, lines, until };
}

/** Timers that ring by hand. */
function handTimers(): {
  timers: Pick<Timers, 'set'>;
  pending: () => number[];
  ring: () => void;
} {
  const set = new Map<object, { readonly delayMs: number; readonly callback: () => void }>();
  return {
    timers: {
      set: (delayMs, callback) => {
        const timer = { cancel: () => void set.delete(timer) };
        set.set(timer, { delayMs, callback });
        return timer;
      },
    },
    pending: () => [...set.values()].map(({ delayMs }) => delayMs),
    ring: () => {
      const due = [...set.values()];
      set.clear();
      for (const { callback } of due) callback();
    },
  };
}

describe('BrokerProcess', () => {
  it('is ready when its log says so, and stops when its standard input ends', async () => {
    const { process, states, lines, until } = started(`${READY} ${UNTIL_TOLD}`);
    await until(() => process.state === 'ready');
    expect(lines.map(({ msg }) => msg)).toEqual(['ready']);
    await process.stop({ leave: false });
    expect(states).toEqual(['starting', 'ready', 'stopping', 'stopped']);
    expect(process.pid).toBeUndefined();
    expect(process.lastEnd).toBe('exit code 0');
  });

  it('given that the system gives no process, then says why, and tries again', async () => {
    const { process, states, until } = started('', './no-such-program');
    await until(() => states.filter((state) => state === 'waiting').length > 1);
    expect(process.lastEnd).toBe('no process');
    expect(process.complaint).toContain('no-such-program ENOENT');
    await process.stop();
    expect(process.state).toBe('stopped');
  });

  it('asks with SIGTERM for a stop with leave', async () => {
    const script = `process.on('SIGTERM', () => process.exit(7)); ${READY} ${UNTIL_TOLD}`;
    const { process, until } = started(script);
    await until(() => process.state === 'ready');
    await process.stop();
    expect(process.lastEnd).toBe('exit code 7');
  });

  it.each([
    ['asked for leave, then has six minutes, one more than a broker waits for it', true, 360_000],
    ['stopped with all others, then has twenty seconds', false, 20_000],
  ])('given one that does not end, %s, and is killed', async (_, leave, timeoutMs) => {
    const clock = handTimers();
    const script = `process.on('SIGTERM', () => {}); ${READY} setInterval(() => {}, 1000);`;
    const { process, until } = started(script, undefined, clock.timers);
    await until(() => process.state === 'ready');
    const stopped = process.stop({ leave });
    expect(clock.pending()).toEqual([timeoutMs]);
    expect(process.state).toBe('stopping');
    clock.ring();
    await stopped;
    expect(process.lastEnd).toBe('signal SIGKILL');
    expect(clock.pending()).toEqual([]);
  });

  it('given one that ends in time, then nobody is killed later', async () => {
    const clock = handTimers();
    const script = `process.on('SIGTERM', () => process.exit(0)); ${READY} ${UNTIL_TOLD}`;
    const { process, until } = started(script, undefined, clock.timers);
    await until(() => process.state === 'ready');
    await process.stop();
    expect(clock.pending()).toEqual([]);
  });

  it('starts one again that was killed, and tells why it went', async () => {
    const { process, states, until } = started(`${READY} ${UNTIL_TOLD}`);
    await until(() => process.state === 'ready');
    globalThis.process.kill(process.pid!, 'SIGKILL');
    await until(() => process.state === 'waiting');
    expect(process.lastEnd).toBe('signal SIGKILL');
    await until(() => process.state === 'ready');
    expect(process.restarts).toBe(1);
    expect(states).toEqual(['starting', 'ready', 'waiting', 'starting', 'ready']);
  });

  it('does not start one again that somebody asked to stop', async () => {
    const script = `process.on('SIGTERM', () => process.exit(0)); ${READY} ${UNTIL_TOLD}`;
    const { process, states, until } = started(script);
    await until(() => process.state === 'ready');
    globalThis.process.kill(process.pid!, 'SIGTERM');
    await until(() => process.state === 'stopped');
    expect(states).toEqual(['starting', 'ready', 'stopped']);
    expect(process.restarts).toBe(0);
  });

  it('keeps what one complained of that does not start', async () => {
    const { process, until } = started(
      `console.error('ottla: the port is taken'); process.exit(1)`,
    );
    await until(() => process.state === 'waiting');
    expect(process.complaint).toBe('ottla: the port is taken');
  });

  it('does not start one again that was told to stop while it waited', async () => {
    const { process, until } = started('process.exit(1)');
    await until(() => process.state === 'waiting');
    await process.stop();
    expect(process.state).toBe('stopped');
  });

  it('is not confused by lines that are no log', async () => {
    const { process, lines, until } = started(
      `console.log('ready'); console.log('{'); ${READY} ${UNTIL_TOLD}`,
    );
    await until(() => process.state === 'ready');
    expect(lines).toHaveLength(1);
  });
});

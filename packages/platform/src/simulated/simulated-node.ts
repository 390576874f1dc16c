// A simulated machine: the ports of its present life on a disk and an address that outlive it.
import { ThreadError } from '../errors.ts';
import type { Platform, Threads } from '../ports.ts';
import { deriveSeed, seededRandom } from '../random.ts';
import { sleep } from '../sleep.ts';
import { never } from './draw.ts';
import type { Network } from './network.ts';
import { Life, type Scheduler } from './scheduler.ts';
import { SimulatedVolume } from './simulated-disk.ts';
import { SimulatedHost, SimulatedNet, simulatedDns } from './simulated-net.ts';
import type { CrashOptions, DiskConditions, SimulatedNode } from './world.ts';

/** Nothing takes no time at all, or a loop that yields would stop the clock. */
const TIMER_MS_MIN = 0.001;
const THREAD_MS = 1;

export interface SimulatedNodeOptions {
  readonly name: string;
  readonly address: string;
  readonly seed: number;
  readonly startMs: number;
  readonly scheduler: Scheduler;
  readonly network: Network;
  readonly diskConditions: DiskConditions;
}

export class NodeOfSimulation implements SimulatedNode {
  readonly name: string;
  readonly address: string;
  readonly disk: SimulatedVolume;
  readonly #options: SimulatedNodeOptions;
  readonly #host: SimulatedHost;
  #life: Life;
  #lifeCount = 0;
  #clockOffsetMs = 0;
  #platform: Platform;

  constructor(options: SimulatedNodeOptions) {
    this.#options = options;
    this.name = options.name;
    this.address = options.address;
    this.#host = new SimulatedHost(options.name, options.address);
    options.network.addHost(this.#host);
    this.disk = new SimulatedVolume({
      scheduler: options.scheduler,
      random: seededRandom(deriveSeed(options.seed, `${options.name} disk`)),
      conditions: options.diskConditions,
      nowMs: () => this.#nowMs(),
      crashNode: () => this.crash(),
    });
    this.#life = new Life(this.name);
    this.#platform = this.#createPlatform();
  }

  get isUp(): boolean {
    return this.#life.isAlive;
  }

  get platform(): Platform {
    return this.#platform;
  }

  crash(options: CrashOptions = {}): void {
    if (!this.#life.isAlive) return;
    const { scheduler, network } = this.#options;
    const { unsynced = 'lose', peers = 'reset' } = options;
    scheduler.trace.note(scheduler.nowMs, this.name, `crash: ${unsynced}, ${peers}`);
    network.endLife(this.#life, peers);
    this.#life.isAlive = false;
    this.#host.endLife(this.#life);
    this.#host.isPoweredOff = peers === 'silent';
    this.disk.crash(unsynced);
  }

  restart(): Platform {
    this.crash();
    const { scheduler } = this.#options;
    scheduler.trace.note(scheduler.nowMs, this.name, 'restart');
    this.#host.isPoweredOff = false;
    this.#lifeCount++;
    this.#life = new Life(this.name);
    this.#platform = this.#createPlatform();
    return this.#platform;
  }

  stall(durationMs: number): void {
    this.#life.stalledUntilMs = this.#options.scheduler.nowMs + durationMs;
  }

  jumpClock(deltaMs: number): void {
    this.#clockOffsetMs += deltaMs;
  }

  #nowMs(): number {
    const { startMs, scheduler } = this.#options;
    return Math.trunc(startMs + scheduler.nowMs + this.#clockOffsetMs);
  }

  #createPlatform(): Platform {
    const { scheduler, network, seed } = this.#options;
    const life = this.#life;
    const set = (delayMs: number, callback: () => void) =>
      scheduler.schedule(life, Math.max(TIMER_MS_MIN, delayMs), 'timer', callback);
    return {
      clock: { nowMs: () => this.#nowMs(), monotonicMs: () => scheduler.nowMs },
      timers: {
        set,
        sleep: (delayMs, signal) => sleep(set, delayMs, signal),
        yield: (callback) => void scheduler.schedule(life, TIMER_MS_MIN, 'yield', callback),
      },
      random: seededRandom(deriveSeed(seed, `${this.name} life ${this.#lifeCount}`)),
      disk: this.disk.mount(life),
      net: new SimulatedNet(network, this.#host, life),
      dns: simulatedDns(network, this.#host),
      threads: simulatedThreads(scheduler, life),
    };
  }
}

/** Runs the function in place; virtual time stands still while its module is loaded. */
function simulatedThreads(scheduler: Scheduler, life: Life): Threads {
  let isClosed = false;
  return {
    run(module, exportName, input) {
      if (!life.isAlive) return never();
      if (isClosed) return Promise.reject(new ThreadError('ECLOSED', 'the thread pool is closed'));
      const work = callExport(module, exportName, structuredClone(input));
      scheduler.hold(work);
      return new Promise((resolve, reject) => {
        const settle = (action: () => void): void => {
          scheduler.schedule(life, THREAD_MS, `thread ${exportName}`, action);
        };
        work.then(
          (result) => settle(() => resolve(result)),
          (error: unknown) => settle(() => reject(taskError(exportName, error))),
        );
      });
    },
    async close() {
      isClosed = true;
    },
  };
}

async function callExport(module: URL, exportName: string, input: unknown): Promise<unknown> {
  const exports: Record<string, unknown> = await import(module.href);
  const exported = exports[exportName];
  if (typeof exported !== 'function') {
    throw new TypeError(`${module.href} exports no function ${exportName}`);
  }
  return structuredClone(await exported(input));
}

function taskError(exportName: string, error: unknown): ThreadError {
  const message = error instanceof Error ? error.message : 'not an Error';
  return new ThreadError('ETASK', `${exportName}: ${message}`, error);
}

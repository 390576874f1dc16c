// A simulated machine: the ports of its present life on a disk and an address that outlive it.
import type { Platform } from '../ports.ts';
import { deriveSeed, seededRandom } from '../random.ts';
import { sleep } from '../sleep.ts';
import type { Network } from './network.ts';
import { Life, type Scheduler } from './scheduler.ts';
import { SimulatedVolume } from './simulated-disk.ts';
import { SimulatedHost, SimulatedNet, simulatedDns } from './simulated-net.ts';
import { simulatedThreads } from './simulated-threads.ts';
import type { CrashOptions, DiskConditions, SimulatedNode } from './world.ts';

/** Nothing takes no time at all, or a loop that yields would stop the clock. */
const TIMER_MS_MIN = 0.001;

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
      crashNode: (unsynced) => this.crash({ unsynced }),
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

// The world itself: owns virtual time and lets one event happen after another. Each is a callback of its own of the real
// event loop, which lets every promise that can go on do so before the next.
import { setImmediate as realTurn } from 'node:timers';
import { SimulationError } from '../errors.ts';
import type { Random } from '../ports.ts';
import { deriveSeed, seededRandom } from '../random.ts';
import { EffectGuard } from './effect-guard.ts';
import { DEFAULT_NETWORK_CONDITIONS, Network } from './network.ts';
import { Life, Scheduler } from './scheduler.ts';
import { DEFAULT_DISK_CONDITIONS } from './simulated-disk.ts';
import { NodeOfSimulation } from './simulated-node.ts';
import { Trace } from './trace.ts';
import type { SimulatedNetwork, SimulatedNode, Simulation, SimulationOptions } from './world.ts';

const START_MS_DEFAULT = Date.UTC(2026, 0, 1);
const LIMIT_MS_DEFAULT = 60_000;
/** Events in one round of the real event loop: a round costs as much as some of them, and others wait for its end. */
const STEPS_PER_ROUND = 64;

/** A fresh world; the same seed and the same calls give the same history. */
export function createSimulation(options: SimulationOptions): Simulation {
  return new World(options);
}

class World implements Simulation {
  readonly seed: number;
  readonly random: Random;
  readonly #options: SimulationOptions;
  readonly #trace: Trace;
  readonly #scheduler: Scheduler;
  readonly #network: Network;
  readonly #nodes: Map<string, NodeOfSimulation> = new Map();
  readonly #life: Life = new Life('world');
  readonly #guard: EffectGuard | undefined;
  readonly #looks: ((name: string) => void)[] = [];
  #isRunning = false;
  #wasHeld = false;

  constructor(options: SimulationOptions) {
    this.#options = options;
    this.seed = options.seed;
    this.random = seededRandom(deriveSeed(options.seed, 'test'));
    this.#trace = new Trace(options.log);
    this.#scheduler = new Scheduler(this.#trace);
    this.#network = new Network(
      this.#scheduler,
      seededRandom(deriveSeed(options.seed, 'network')),
      { ...DEFAULT_NETWORK_CONDITIONS, ...options.network },
    );
    this.#guard = options.forbidRealEffects === false ? undefined : new EffectGuard();
  }

  get net(): SimulatedNetwork {
    return this.#network;
  }

  get elapsedMs(): number {
    return this.#scheduler.nowMs;
  }

  get eventCount(): number {
    return this.#scheduler.eventCount;
  }

  get traceHash(): string {
    return this.#trace.hash;
  }

  traceTail(): string[] {
    return this.#trace.tail();
  }

  node(name: string): SimulatedNode {
    const existing = this.#nodes.get(name);
    if (existing !== undefined) return existing;
    const index = this.#nodes.size;
    const node = new NodeOfSimulation({
      name,
      address: `10.0.${Math.floor(index / 250)}.${(index % 250) + 1}`,
      seed: this.seed,
      startMs: this.#options.startMs ?? START_MS_DEFAULT,
      scheduler: this.#scheduler,
      network: this.#network,
      diskConditions: { ...DEFAULT_DISK_CONDITIONS, ...this.#options.disk },
    });
    this.#nodes.set(name, node);
    return node;
  }

  async run(durationMs: number): Promise<void> {
    const untilMs = this.#scheduler.nowMs + durationMs;
    await this.#drive(untilMs, () => false);
    this.#scheduler.nowMs = untilMs;
  }

  async runUntil(predicate: () => boolean, limitMs: number = LIMIT_MS_DEFAULT): Promise<void> {
    const untilMs = this.#scheduler.nowMs + limitMs;
    if (await this.#drive(untilMs, predicate)) return;
    if (this.#scheduler.nextAtMs() === undefined) {
      throw this.#error('nothing is left to happen, and what was waited for has not');
    }
    this.#scheduler.nowMs = untilMs;
    throw this.#error(`what was waited for did not happen in ${limitMs} ms`);
  }

  async settle<T>(promise: Promise<T>, limitMs?: number): Promise<T> {
    let isSettled = false;
    const note = (): void => {
      isSettled = true;
    };
    promise.then(note, note);
    await this.runUntil(() => isSettled, limitMs);
    return promise;
  }

  watch(look: (name: string) => void): void {
    this.#looks.push(look);
  }

  at(delayMs: number, action: () => void): void {
    this.#scheduler.schedule(this.#life, delayMs, 'action', action);
  }

  /** @returns true when `isDone` held, false when nothing more happens up to `untilMs` (inclusive) */
  async #drive(untilMs: number, isDone: () => boolean): Promise<boolean> {
    if (this.#isRunning) throw this.#error('the simulation runs already');
    this.#isRunning = true;
    this.#guard?.enter();
    try {
      return await new Promise<boolean>((resolve, reject) => {
        let isOver = false;
        const step = (): void => {
          if (isOver) return;
          try {
            const outcome = this.#step(untilMs, isDone);
            if (outcome === undefined) return;
            isOver = true;
            resolve(outcome);
          } catch (error) {
            isOver = true;
            reject(error instanceof Error ? error : new Error(String(error)));
          }
        };
        const round = (): void => {
          if (isOver) return;
          for (let count = 0; count < STEPS_PER_ROUND; count++) realTurn(step);
          realTurn(round);
        };
        round();
      });
    } finally {
      this.#guard?.leave();
      this.#isRunning = false;
    }
  }

  /** Looks at what became of the newest event, now that no promise can go on, and performs the next one. */
  #step(untilMs: number, isDone: () => boolean): boolean | undefined {
    // Real work holds the time: promises go on until it is done, and one turn longer.
    if (this.#scheduler.isHeld) {
      this.#wasHeld = true;
      return undefined;
    }
    if (this.#wasHeld) {
      this.#wasHeld = false;
      this.#guard?.forgiveImports();
    }
    const violation = this.#guard?.takeViolation() ?? this.#guard?.leftover();
    if (violation !== undefined) throw this.#error(violation);
    for (const look of this.#looks) look(this.#scheduler.lastName);
    if (isDone()) return true;
    const atMs = this.#scheduler.nextAtMs();
    if (atMs === undefined || atMs > untilMs) return false;
    this.#scheduler.runNext();
    return undefined;
  }

  #error(message: string): SimulationError {
    return new SimulationError(message, this.seed, this.#scheduler.nowMs);
  }
}

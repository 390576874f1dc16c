// A quorum in virtual time, with a network that delays, loses, repeats and reorders, all from one seed.
import { ZERO_UUID } from '@ottla/protocol';
import { seededRandom } from '@ottla/platform/simulated';
import type { Random } from '@ottla/platform';
import { type ReplicaKey, VoterSet } from '../../src/replica.ts';
import { EventQueue } from './event-queue.ts';
import { Invariants } from './invariants.ts';
import { type Mutation, type ReplicaSettings, SimulatedReplica } from './simulated-replica.ts';

export interface WorldOptions {
  readonly seed: number;
  readonly voters: number;
  readonly observers?: number;
  /** Share of messages that are lost. Default 0. */
  readonly loss?: number;
  /** Messages take 1 ms up to this. Default 5. */
  readonly delayMaxMs?: number;
  /** Share of Kafka's jitter of the election timeout; little of it makes nodes stand at the same time. Default 1. */
  readonly jitter?: number;
  readonly mutation?: Mutation;
  /** Records that one fetch brings at most. Default 8. */
  readonly entriesPerFetch?: number;
  /** The voters are in the log and can be changed. Default false. */
  readonly isDynamic?: boolean;
  /** Observers of a dynamic quorum ask to vote. Default false. */
  readonly autoJoin?: boolean;
}

const APPEND_EVERY_MS = 25;

export class QuorumWorld {
  readonly random: Random;
  readonly voters: readonly SimulatedReplica[];
  readonly replicas: readonly SimulatedReplica[];
  readonly invariants: Invariants;
  readonly jitter: number;
  readonly entriesPerFetch: number;
  loss: number;
  /** Whether clients write. */
  isAppending = true;
  readonly #delayMaxMs: number;
  readonly #queue = new EventQueue();
  readonly #cut = new Set<string>();
  #values = 0;
  #exchanges = 0;
  #directories = 0;

  constructor(options: WorldOptions) {
    this.random = seededRandom(options.seed);
    this.loss = options.loss ?? 0;
    this.jitter = options.jitter ?? 1;
    this.entriesPerFetch = options.entriesPerFetch ?? 8;
    this.#delayMaxMs = options.delayMaxMs ?? 5;
    const keys: ReplicaKey[] = [];
    const { isDynamic = false } = options;
    for (let id = 0; id < options.voters + (options.observers ?? 0); id += 1)
      keys.push({ id, directoryId: isDynamic ? this.nextDirectoryId() : ZERO_UUID });
    const voters = new VoterSet(
      keys.slice(0, options.voters).map((key) => ({
        ...key,
        endpoints: isDynamic ? [{ name: 'CONTROLLER', host: `node-${key.id}`, port: 9093 }] : [],
      })),
    );
    const { mutation, autoJoin = false } = options;
    const settings: ReplicaSettings = isDynamic
      ? { formatted: { kraftVersion: 1, voters }, autoJoin, mutation }
      : { staticVoters: voters, mutation };
    // Who is not among the first voters was formatted without knowing any.
    const outside = isDynamic ? { ...settings, formatted: {} } : settings;
    this.replicas = keys.map(
      (key) => new SimulatedReplica(this, key, voters.has(key) ? settings : outside),
    );
    this.voters = this.replicas.slice(0, options.voters);
    this.invariants = new Invariants(this.replicas);
    for (const replica of this.replicas) this.after(this.random.below(10), () => replica.start());
    this.#appendForEver();
  }

  get nowMs(): number {
    return this.#queue.nowMs;
  }

  replica(id: number): SimulatedReplica {
    return this.replicas[id]!;
  }

  /** A value that no record has yet. */
  nextValue(): number {
    return ++this.#values;
  }

  nextDirectoryId(): string {
    this.#directories += 1;
    return `directory-${String(this.#directories).padStart(12, '0')}`;
  }

  nextExchange(): number {
    return ++this.#exchanges;
  }

  after(delayMs: number, run: () => void): void {
    this.#queue.after(delayMs, run);
  }

  // ---- network ----

  transmit(from: number, to: number, deliver: () => void): void {
    const { random } = this;
    if (random.float() < this.loss) return;
    const isSlow = this.loss > 0 && random.below(30) === 0;
    const delayMs = 1 + random.below(isSlow ? 400 : this.#delayMaxMs);
    this.after(delayMs, () => {
      if (!this.#cut.has(`${from}>${to}`)) deliver();
    });
  }

  /** Cuts every way between the two sides, or with `oneWay` only what the first sends. */
  partition(side: readonly SimulatedReplica[], oneWay = false): void {
    for (const a of this.replicas)
      for (const b of this.replicas) {
        if (side.includes(a) === side.includes(b)) continue;
        if (!oneWay || side.includes(a)) this.#cut.add(`${a.key.id}>${b.key.id}`);
      }
  }

  /** Cuts the way from one replica to another. */
  cut(from: number, to: number): void {
    this.#cut.add(`${from}>${to}`);
  }

  mend(from: number, to: number): void {
    this.#cut.delete(`${from}>${to}`);
  }

  heal(): void {
    this.#cut.clear();
  }

  // ---- time ----

  run(durationMs: number): void {
    const until = this.nowMs + durationMs;
    while (this.#queue.runNext(until)) this.invariants.check();
  }

  /** Runs until `done` holds. @throws when that takes longer than `limitMs` */
  runUntil(what: string, done: () => boolean, limitMs = 5_000): void {
    const until = this.nowMs + limitMs;
    while (!done()) {
      if (!this.#queue.runNext(until)) throw new Error(`${what}: not within ${limitMs} ms`);
      this.invariants.check();
    }
  }

  // ---- what tests look at ----

  get leader(): SimulatedReplica | undefined {
    return this.replicas
      .filter((replica) => replica.isLeader)
      .toSorted((a, b) => b.core!.epoch - a.core!.epoch)[0];
  }

  /** Runs until there is a leader (other than `but`) that commits `count` more of its records. */
  runUntilProgress(but?: SimulatedReplica, count = 3): SimulatedReplica {
    const start = this.invariants.committed.length;
    const hasProgress = (): boolean => {
      const { leader } = this;
      return (
        leader !== undefined && leader !== but && this.invariants.committed.length >= start + count
      );
    };
    this.runUntil('no leader that makes progress', hasProgress);
    return this.leader!;
  }

  /** Runs until every node that is up knows all that is committed now. */
  runUntilAllReached(): void {
    const end = this.invariants.committed.length;
    const reached = (): boolean =>
      this.replicas.every(({ core }) => core === undefined || core.highWatermark >= end);
    this.runUntil(`not all reach ${end}`, reached);
  }

  #appendForEver(): void {
    this.after(APPEND_EVERY_MS, () => {
      if (this.isAppending)
        for (const replica of this.replicas) if (replica.isLeader) replica.append(this.nextValue());
      this.#appendForEver();
    });
  }
}

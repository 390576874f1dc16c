// The runtime of all event-sourced coordinators: it knows which partitions this broker leads and hands each operation to the
// shard of its partition. Kafka: CoordinatorRuntime in coordinator-common.

import type { Platform } from '@ottla/platform';
import { CoordinatorError } from './coordinator-error.ts';
import type { CoordinatorLog } from './coordinator-log.ts';
import type { CoordinatorResult, CoordinatorShard } from './coordinator-shard.ts';
import { ShardRunner, type ShardRunnerOptions, type ShardRunnerState } from './shard-runner.ts';

/** What a runtime is made with. */
export interface CoordinatorRuntimeOptions<S extends CoordinatorShard<R>, R> extends Omit<
  ShardRunnerOptions<S, R>,
  'partition' | 'platform'
> {
  readonly platform: Pick<Platform, 'clock' | 'timers'>;
}

/** All shards of one kind of coordinator on this broker. `S` is the state machine, `R` its records. */
export class CoordinatorRuntime<S extends CoordinatorShard<R>, R> {
  readonly #options: CoordinatorRuntimeOptions<S, R>;
  readonly #runners = new Map<number, ShardRunner<S, R>>();

  constructor(options: CoordinatorRuntimeOptions<S, R>) {
    this.#options = options;
  }

  /** The partitions that have a shard, whatever its state. */
  get partitions(): number[] {
    return [...this.#runners.keys()];
  }

  /** Operations that wait at present, over all shards. */
  get pendingCount(): number {
    let count = 0;
    for (const runner of this.#runners.values()) count += runner.pendingCount;
    return count;
  }

  /** The state of a partition's shard; undefined when there is none. */
  stateOf(partition: number): ShardRunnerState | undefined {
    return this.#runners.get(partition)?.state;
  }

  /**
   * Starts a shard: this broker leads `partition` from `leaderEpoch` on. An active shard keeps its state and goes on with the
   * new epoch's log; older epochs are ignored.
   *
   * @returns a promise that resolves when the shard is active or has failed to load (which is logged)
   */
  async load(partition: number, leaderEpoch: number, log: CoordinatorLog): Promise<void> {
    const earlier = this.#runners.get(partition);
    if (earlier !== undefined) {
      if (leaderEpoch < earlier.leaderEpoch) return;
      if (earlier.state === 'active') {
        earlier.adopt(leaderEpoch, log);
        return;
      }
      earlier.close();
    }
    const runner = new ShardRunner({ ...this.#options, partition }, leaderEpoch, log);
    this.#runners.set(partition, runner);
    await runner.load();
  }

  /**
   * Ends a shard: this broker leads `partition` no more. Everything that waits fails with NOT_COORDINATOR.
   *
   * @param leaderEpoch the epoch that ended the leadership; a shard of a later epoch stays. Left out: always.
   */
  unload(partition: number, leaderEpoch?: number): void {
    const runner = this.#runners.get(partition);
    if (runner === undefined) return;
    if (leaderEpoch !== undefined && leaderEpoch < runner.leaderEpoch) return;
    this.#runners.delete(partition);
    runner.close();
  }

  /**
   * Runs an operation on the latest state of a partition's shard.
   *
   * @returns its response, once its records are committed
   * @throws CoordinatorError `NOT_COORDINATOR`, `COORDINATOR_LOAD_IN_PROGRESS` (also when too many wait), `REQUEST_TIMED_OUT`,
   *   the error that the operation threw, or that of the failed append
   */
  write<T>(partition: number, operation: (shard: S) => CoordinatorResult<R, T>): Promise<T> {
    const runner = this.#runners.get(partition);
    return runner === undefined ? notCoordinator() : runner.write(operation);
  }

  /**
   * Runs a read on a partition's shard; the operation reads committed state by its maps' `getCommitted`.
   *
   * @throws CoordinatorError as `write`, but nothing waits
   */
  read<T>(partition: number, operation: (shard: S) => T): Promise<T> {
    const runner = this.#runners.get(partition);
    return runner === undefined ? notCoordinator() : runner.read(operation);
  }

  /** The same write on every shard; the promises are in no particular order. */
  writeAll<T>(operation: (shard: S) => CoordinatorResult<R, T>): Promise<T>[] {
    return [...this.#runners.values()].map((runner) => runner.write(operation));
  }

  /** The same read on every shard. */
  readAll<T>(operation: (shard: S) => T): Promise<T>[] {
    return [...this.#runners.values()].map((runner) => runner.read(operation));
  }

  /** Ends all shards. */
  close(): void {
    for (const partition of this.partitions) this.unload(partition);
  }
}

function notCoordinator(): Promise<never> {
  return Promise.reject(new CoordinatorError('NOT_COORDINATOR'));
}

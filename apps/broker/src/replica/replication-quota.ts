// A bound on the bytes per second that replication costs, for the replicas that an operator names: reassignments must not
// starve clients (KIP-73). Who is in sync is never held back. Kafka: ReplicationQuotaManager, Rate.
import type { Partition } from './partition.ts';
import type { FollowerThrottle } from './replica-fetcher.ts';

export interface ReplicationQuotaOptions {
  /** Monotonic milliseconds. */
  readonly nowMs: () => number;
  /** `replication.quota.window.size.seconds`, in milliseconds. */
  readonly windowMs: number;
  /** `replication.quota.window.num` */
  readonly windows: number;
  /** Bytes per second; Infinity for no bound. */
  readonly rate: () => number;
  /** Values of `leader.` or `follower.replication.throttled.replicas` for the partition's topic. */
  readonly throttled: (partition: Partition) => readonly string[];
  /** Whose replicas the values name. */
  readonly brokerId: number;
}

/** One bound: of what this broker gives to followers, or of what it takes from leaders. */
export class ReplicationQuota implements FollowerThrottle {
  readonly #options: ReplicationQuotaOptions;
  /** Oldest first; the last is being filled. */
  readonly #windows: { readonly startMs: number; bytes: number }[] = [];

  constructor(options: ReplicationQuotaOptions) {
    this.#options = options;
  }

  isHeldBack(partition: Partition): boolean {
    const rate = this.#options.rate();
    return rate !== Infinity && this.#isThrottled(partition) && this.bytesPerSecond > rate;
  }

  record(partition: Partition, bytes: number): void {
    if (bytes === 0 || !this.#isThrottled(partition)) return;
    const { nowMs, windowMs } = this.#options;
    this.#dropOld();
    const now = nowMs();
    const last = this.#windows.at(-1);
    if (last !== undefined && now - last.startMs < windowMs) last.bytes += bytes;
    else this.#windows.push({ startMs: now, bytes });
  }

  /** Over the last windows; a beginning counts as if all windows but one had passed already, so that it may be quick. */
  get bytesPerSecond(): number {
    this.#dropOld();
    const first = this.#windows[0];
    if (first === undefined) return 0;
    const { nowMs, windowMs, windows } = this.#options;
    let bytes = 0;
    for (const window of this.#windows) bytes += window.bytes;
    const elapsedMs = Math.max(nowMs() - first.startMs, (windows - 1) * windowMs, windowMs);
    return (bytes / elapsedMs) * 1000;
  }

  #dropOld(): void {
    const { nowMs, windowMs, windows } = this.#options;
    const oldestMs = nowMs() - windowMs * windows;
    while (this.#windows.length > 0 && this.#windows[0]!.startMs <= oldestMs) this.#windows.shift();
  }

  #isThrottled(partition: Partition): boolean {
    const values = this.#options.throttled(partition);
    if (values.length === 0) return false;
    return values.includes('*') || values.includes(`${partition.id}:${this.#options.brokerId}`);
  }
}

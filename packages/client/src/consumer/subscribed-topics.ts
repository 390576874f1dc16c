// What a member subscribed to: names, or a pattern and the topics that match it. Metadata is asked for every so often, for
// topics that come, go or grow.
import type { Timer } from '@ottla/platform';
import type { Cluster } from '../connection/cluster.ts';

export interface SubscribedTopicsHost {
  /** The topics are known: the member can join. */
  onFirst(names: readonly string[]): void;
  onChange(names: readonly string[]): void;
  /** There is new metadata. */
  onRefreshed(): void;
  /** Topics of other members that this one, as the leader, must watch. */
  watched(): readonly string[];
}

export class SubscribedTopics {
  readonly #cluster: Cluster;
  readonly #host: SubscribedTopicsHost;
  #wanted: readonly string[] | RegExp;
  #names: readonly string[] = [];
  #hasStarted = false;
  #isClosed = false;
  #timer: Timer | undefined;
  /** Monotonic milliseconds. */
  #nextMs = Infinity;
  #forgetListener: (() => void) | undefined;

  constructor(cluster: Cluster, wanted: readonly string[] | RegExp, host: SubscribedTopicsHost) {
    this.#cluster = cluster;
    this.#wanted = wanted;
    this.#host = host;
  }

  /** Looks the topics up, if it must, and tells the host. */
  start(): void {
    this.#forgetListener = this.#cluster.onMetadata(() => this.#learned());
    this.change(this.#wanted);
  }

  get names(): readonly string[] {
    return this.#names;
  }

  /** Whether the pattern takes the topic. */
  matches(topic: string): boolean {
    return this.#wanted instanceof RegExp
      ? new RegExp(this.#wanted.source, this.#wanted.flags.replace(/[gy]/g, '')).test(topic)
      : this.#wanted.includes(topic);
  }

  change(wanted: readonly string[] | RegExp): void {
    this.#wanted = wanted;
    if (wanted instanceof RegExp) void this.#refresh();
    else {
      this.#set([...new Set(wanted)]);
      this.#schedule();
    }
  }

  close(): void {
    this.#isClosed = true;
    this.#forgetListener?.();
    this.#timer?.cancel();
  }

  #set(names: readonly string[]): void {
    const isSame =
      this.#hasStarted &&
      names.length === this.#names.length &&
      names.every((name) => this.#names.includes(name));
    if (isSame) return;
    this.#names = names;
    if (this.#hasStarted) this.#host.onChange(names);
    else {
      this.#hasStarted = true;
      this.#host.onFirst(names);
    }
  }

  async #refresh(): Promise<void> {
    this.#timer?.cancel();
    try {
      const isPattern = this.#wanted instanceof RegExp;
      const asked = isPattern ? undefined : [...new Set([...this.#names, ...this.#host.watched()])];
      const { topics } = await this.#cluster.refresh(asked);
      if (this.#isClosed) return;
      if (isPattern)
        this.#set(
          [...topics.values()]
            .filter(
              ({ name, isInternal, errorCode }) =>
                !isInternal && errorCode === 0 && this.matches(name),
            )
            .map(({ name }) => name),
        );
    } catch (error) {
      this.#cluster.options.logger.debug('metadata of the subscription could not be refreshed', {
        error: String(error),
      });
      return this.#schedule(this.#cluster.options.retryBackoffMsMax);
    }
    this.#schedule();
  }

  /** Metadata came, whoever asked for it. */
  #learned(): void {
    if (!this.#hasStarted) return;
    this.#host.onRefreshed();
    const { retryBackoffMsMax } = this.#cluster.options;
    if (this.#isIncomplete() && this.#nextMs > this.#now() + retryBackoffMsMax)
      this.#schedule(retryBackoffMsMax);
  }

  /** Whether there are topics that nobody reads because no broker knew them when they were shared. */
  #isIncomplete(): boolean {
    const { topics } = this.#cluster.metadata;
    return this.#host.watched().some((name) => topics.get(name)?.errorCode !== 0);
  }

  #schedule(delayMs?: number): void {
    this.#timer?.cancel();
    if (this.#isClosed) return;
    const { platform, retryBackoffMsMax, metadataMaxAgeMs } = this.#cluster.options;
    const afterMs = delayMs ?? (this.#isIncomplete() ? retryBackoffMsMax : metadataMaxAgeMs);
    this.#nextMs = this.#now() + afterMs;
    this.#timer = platform.timers.set(afterMs, () => void this.#refresh());
  }

  #now(): number {
    return this.#cluster.options.platform.clock.monotonicMs();
  }
}

// A member of the metadata quorum on real ports: performs the core's effects in their order (durable before told), drives
// its timers, fetches as a follower, and tells a listener what is committed. Kafka: KafkaRaftClient, KafkaRaftClientDriver.
import type { LogDirectory } from '@ottla/log';
import type { Logger, Platform, Timer } from '@ottla/platform';
import { RecordBatchBuilder } from '@ottla/protocol/records';
import { QuorumNodeError } from '../errors.ts';
import type { Effect, VoterChangeAnswer } from '../messages.ts';
import { QuorumCore } from '../quorum-core.ts';
import type { QuorumFetchSizes, QuorumTimes } from '../quorum-options.ts';
import {
  type QuorumEndpoint,
  type ReplicaKey,
  sameVoter,
  type Voter,
  VoterSet,
} from '../replica.ts';
import type { VoterChanges } from '../voter-changes.ts';
import type { QuorumRecord } from '../voter-history.ts';
import { CommitReader, type QuorumNodeListener } from './commit-reader.ts';
import {
  type ControlEntry,
  controlBatch,
  leaderChangeEntry,
  quorumEntries,
} from './control-records.ts';
import { FollowerFetcher } from './follower-fetcher.ts';
import { KnownNodes } from './known-nodes.ts';
import { MetadataLog, type MetadataLogSettings } from './metadata-log.ts';
import { readQuorumState, writeQuorumState } from './quorum-state-file.ts';
import type { RaftTransport } from './raft-transport.ts';
import { type QuorumMeasures, QuorumStopwatch } from './quorum-measures.ts';
import { QuorumSender } from './quorum-sender.ts';
import { writeSnapshotFile } from './snapshot-file.ts';

export interface QuorumNodeOptions {
  readonly platform: Platform;
  readonly logger: Logger;
  /** Holds `__cluster_metadata-0`; formatted. */
  readonly logs: LogDirectory;
  readonly clusterId: string;
  readonly self: ReplicaKey;
  /** `controller.quorum.voters`; not given where the voters are in the log (`kraft.version` 1). */
  readonly staticVoters?: VoterSet;
  /**
   * Where this node's controller listeners are reached, for voters records and BeginQuorumEpoch; read when needed, so that
   * they may be filled in before `start`. Not given by a node that never votes.
   */
  readonly endpoints?: readonly QuorumEndpoint[];
  /** `controller.quorum.auto.join.enable`: an observer with endpoints asks to vote. Default false. */
  readonly autoJoin?: boolean;
  /** `controller.quorum.bootstrap.servers`: whom an observer asks as long as it does not know the voters. */
  readonly bootstrapServers?: readonly QuorumEndpoint[];
  /** Needed with more than one voter, or as an observer. */
  readonly transport?: RaftTransport;
  readonly times?: QuorumTimes;
  /** As a follower. */
  readonly fetchSizes?: QuorumFetchSizes;
  readonly log?: MetadataLogSettings;
  /** Told how long elections and commits took. */
  readonly measures?: QuorumMeasures;
  /** The disk failed: this node must stop. */
  readonly onFailure?: (error: unknown) => void;
}

/** A snapshot to write. */
export interface SnapshotToWrite {
  /** Inclusive. */
  readonly lastContainedOffset: number;
  readonly lastContainedEpoch: number;
  /** Milliseconds since 1970. */
  readonly lastContainedLogTimeMs: number;
  readonly values: Iterable<Uint8Array>;
}

/** A timer that fires later than that was held up by a process that stood still. */
const LATE_MS = 25;
/** Most that such a process waits for its peers beyond the time that it should have; failover takes no longer than that more. */
const GRACE_MS_MAX = 500;
/** How often Kafka's cleaner looks. */
const CLEAN_EVERY_MS = 60_000;
/** Bytes of one batch, `controller.quorum.append` bound of Kafka. */
export const APPEND_BYTES_MAX: number = 8 * 1024 * 1024;

export class QuorumNode {
  readonly core: QuorumCore;
  readonly log: MetadataLog;
  readonly #options: QuorumNodeOptions;
  readonly #reader: CommitReader;
  readonly #nodes: KnownNodes;
  readonly #fetcher: FollowerFetcher | undefined;
  readonly #changeListeners = new Set<() => void>();
  #effects: Promise<void> = Promise.resolve();
  #nextOffset: number;
  /** The epoch in which `append` is allowed, once its leader change record is queued. */
  #appendEpoch = -1;
  #timer: Timer | undefined;
  /** Monotonic milliseconds until which what this node slept through may still arrive; see `#setTimer`. */
  #graceUntilMs = -Infinity;
  #cleanTimer: Timer | undefined;
  #cleaning: Promise<void> = Promise.resolve();
  #isClosed = false;
  #hasFailed = false;
  readonly #sender: QuorumSender | undefined;
  readonly #stopwatch: QuorumStopwatch | undefined;
  readonly #changeRequests = new Map<number, (answer: VoterChangeAnswer) => void>();
  #lastChangeRequest = 0;

  private constructor(options: QuorumNodeOptions, log: MetadataLog, core: QuorumCore) {
    this.#options = options;
    this.log = log;
    this.core = core;
    this.#nextOffset = log.endOffset;
    this.#reader = new CommitReader(log, options.platform, options.logger, (error) =>
      this.#fail(error),
    );
    const { transport } = options;
    this.#stopwatch = options.measures && new QuorumStopwatch(options.measures);
    this.#nodes = new KnownNodes(() => core.voters, options.bootstrapServers);
    const parts = {
      ...options,
      core,
      log,
      nodes: this.#nodes,
      stepped: () => this.#stepped(),
    };
    this.#fetcher = transport && new FollowerFetcher({ ...parts, transport });
    this.#sender = transport && new QuorumSender({ ...parts, transport, nowMs: () => this.nowMs });
  }

  /** Opens the log and reads who votes. Nothing moves before `start`. */
  static async open(options: QuorumNodeOptions): Promise<QuorumNode> {
    const { platform, logs } = options;
    const log = await MetadataLog.open(logs, options.log);
    const election = await readQuorumState(platform.disk, log.directory);
    const core = new QuorumCore(
      {
        self: options.self,
        voters: options.staticVoters ?? new VoterSet([]),
        election,
        log,
        random: (bound) => platform.random.below(bound),
        ...(options.times === undefined ? {} : { times: options.times }),
        ...(options.endpoints === undefined ? {} : { endpoints: options.endpoints }),
        ...(options.autoJoin === undefined ? {} : { autoJoin: options.autoJoin }),
      },
      platform.clock.monotonicMs(),
    );
    return new QuorumNode(options, log, core);
  }

  get logEndOffset(): number {
    return Math.max(this.#nextOffset, this.log.endOffset);
  }

  /** Level of `kraft.version` that the log says. */
  get kraftVersion(): number {
    return this.core.kraftVersion;
  }

  get nowMs(): number {
    return this.#options.platform.clock.monotonicMs();
  }

  /** Who leads, as far as this node knows, and where it is reached; undefined while there is nobody, or its place is unknown. */
  get leader(): Voter | undefined {
    const id = this.core.leaderId;
    return id === undefined ? undefined : (this.#nodes.get(id) ?? this.core.voters.get(id));
  }

  /** Begins to take part. A voter that is alone leads at once. */
  start(): void {
    this.core.start(this.nowMs);
    void this.#stepped();
    this.#cleanLater();
  }

  /** Tells `listener` everything from the latest snapshot or the start of the log; call once. */
  register(listener: QuorumNodeListener): void {
    this.#reader.register(listener);
  }

  /** Calls `listener` when the log's end, the high watermark, the epoch or the leader changed. Returns how to stop. */
  onChange(listener: () => void): () => void {
    this.#changeListeners.add(listener);
    return () => this.#changeListeners.delete(listener);
  }

  /**
   * Appends one batch, whole or not at all. Returns at once; the listener hears when it is committed.
   *
   * @param values record values, at least one
   * @param epoch the epoch in which the caller believes to lead
   * @returns offset of the last record
   * @throws QuorumNodeError `NOT_LEADER` when this node does not lead that epoch, `BATCH_TOO_LARGE`
   */
  append(values: readonly Uint8Array[], epoch: number): number {
    if (
      this.core.role.role !== 'leader' ||
      this.core.epoch !== epoch ||
      this.#appendEpoch !== epoch ||
      this.#isClosed
    )
      throw new QuorumNodeError('NOT_LEADER', `this node does not lead epoch ${epoch}`);
    const nowMs = this.#options.platform.clock.nowMs();
    const builder = new RecordBatchBuilder({});
    for (const value of values) builder.append(nowMs, null, value);
    const bytes = builder.build();
    if (bytes.length > APPEND_BYTES_MAX)
      throw new QuorumNodeError(
        'BATCH_TOO_LARGE',
        `${bytes.length} bytes are more than ${APPEND_BYTES_MAX}`,
      );
    return this.#append(bytes, values.length, epoch);
  }

  #append(bytes: Buffer, recordCount: number, epoch: number): number {
    this.#nextOffset = this.logEndOffset + recordCount;
    const lastOffset = this.#nextOffset - 1;
    this.#stopwatch?.appended(lastOffset, this.nowMs);
    this.log.append(bytes, epoch).then(
      (result) => {
        if (result.lastOffset !== lastOffset)
          this.#fail(new Error(`expected offset ${lastOffset}, got ${result.lastOffset}`));
        if (this.core.epoch === epoch) this.core.handleDurable(result.lastOffset + 1, this.nowMs);
        void this.#stepped();
      },
      (error: unknown) => this.#fail(error),
    );
    return lastOffset;
  }

  /** Gives up leadership of `epoch`. */
  resign(epoch: number): void {
    this.core.resign(epoch, this.nowMs);
    void this.#stepped();
  }

  // ---- changes of the voters ----

  /** Lets a replica vote; as a leader. `ackWhenCommitted` false answers when the record is in the log. */
  addVoter(voter: Voter, ackWhenCommitted: boolean): Promise<VoterChangeAnswer> {
    return this.#changeVoters((changes, request) =>
      changes.add(request, voter, ackWhenCommitted, this.nowMs),
    );
  }

  /** Takes a replica its vote; as a leader. */
  removeVoter(key: ReplicaKey): Promise<VoterChangeAnswer> {
    return this.#changeVoters((changes, request) => changes.remove(request, key, this.nowMs));
  }

  /** Notes where a voter is reached and what it serves; as a leader. */
  updateVoter(voter: Voter): Promise<VoterChangeAnswer> {
    return this.#changeVoters((changes, request) => changes.update(request, voter, this.nowMs));
  }

  /**
   * Raises `kraft.version`: the voters of a static quorum come into the log.
   *
   * @param epoch the epoch in which the caller believes to lead
   * @param validateOnly throws what it would throw, and changes nothing
   * @throws QuorumNodeError `NOT_LEADER`, `INVALID_UPDATE_VERSION`
   */
  upgradeKraftVersion(epoch: number, level: number, validateOnly: boolean): void {
    const { changes } = this.core;
    if (changes === undefined || this.core.epoch !== epoch || this.#isClosed)
      throw new QuorumNodeError('NOT_LEADER', `this node does not lead epoch ${epoch}`);
    const refusal = changes.upgrade(level, validateOnly, this.nowMs);
    if (refusal !== undefined) throw new QuorumNodeError('INVALID_UPDATE_VERSION', refusal);
    void this.#stepped();
  }

  async #changeVoters(
    ask: (changes: VoterChanges, request: number) => void,
  ): Promise<VoterChangeAnswer> {
    const { changes } = this.core;
    if (changes === undefined || this.#isClosed)
      return { error: 'NOT_LEADER_OR_FOLLOWER', message: null };
    const request = ++this.#lastChangeRequest;
    const { promise, resolve } = Promise.withResolvers<VoterChangeAnswer>();
    this.#changeRequests.set(request, resolve);
    ask(changes, request);
    await this.stepped();
    return promise;
  }

  /** Writes a snapshot; false when one at that offset or later exists already. */
  async writeSnapshot(snapshot: SnapshotToWrite): Promise<boolean> {
    const id = { offset: snapshot.lastContainedOffset + 1, epoch: snapshot.lastContainedEpoch };
    const newest = this.log.latestSnapshot;
    if (newest !== undefined && newest.offset >= id.offset) return false;
    await writeSnapshotFile(this.#options.platform.disk, this.log.snapshotPath(id), {
      lastContainedLogTimestampMs: snapshot.lastContainedLogTimeMs,
      values: snapshot.values,
      epoch: snapshot.lastContainedEpoch,
      nowMs: this.#options.platform.clock.nowMs(),
      quorum: this.log.voterHistory.before(id.offset),
    });
    this.log.addSnapshot(id);
    this.#clean();
    return true;
  }

  /** Resigns if it leads, and stops. The log directory is its owner's to close. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.core.resign(this.core.epoch, this.nowMs);
    void this.#stepped();
    this.#isClosed = true;
    this.#timer?.cancel();
    this.#cleanTimer?.cancel();
    this.#fetcher?.close();
    await this.#effects;
    await this.#cleaning;
    // That it leaves must have reached the others, or have been given up, before the caller takes the network away.
    await this.#sender?.settled();
    await this.#reader.close();
  }

  /**
   * Call after every event that the core was given; resolves when what it asked for is done.
   * @throws QuorumNodeError `CLOSED` when it could not be done: nothing may be answered
   */
  async stepped(): Promise<void> {
    await this.#stepped();
    if (this.#hasFailed) throw new QuorumNodeError('CLOSED', 'this node failed');
  }

  #stepped(): Promise<void> {
    this.#stopwatch?.inRole(this.core.role, this.nowMs);
    const effects = this.core.takeEffects().filter((effect) => !this.#appendedAtOnce(effect));
    if (effects.length > 0)
      this.#effects = this.#effects
        .then(() => this.#perform(effects))
        .catch((error: unknown) => this.#fail(error));
    this.#setTimer();
    this.#fetcher?.wake();
    for (const listener of this.#changeListeners) listener();
    return this.#effects;
  }

  /** Snapshots and log that are not needed any more go, one round after the other. */
  #clean(): void {
    this.#cleaning = this.#cleaning
      .then(() =>
        this.#isClosed ? undefined : this.log.clean(this.#options.platform.clock.nowMs()),
      )
      .catch((error: unknown) => this.#fail(error));
  }

  #cleanLater(): void {
    this.#cleanTimer = this.#options.platform.timers.set(CLEAN_EVERY_MS, () => {
      this.#clean();
      this.#cleanLater();
    });
  }

  async #perform(effects: readonly Effect[]): Promise<void> {
    for (const effect of effects) {
      if (this.#hasFailed) return;
      switch (effect.kind) {
        case 'persist':
          await this.#persist();
          break;
        case 'send':
          this.#sender?.send(effect.to, effect.message);
          break;
        case 'startEpoch':
          this.#startEpoch(effect.epoch, effect.granted);
          break;
        case 'leaderChanged':
          // It lost the epoch before it could begin it.
          if (effect.leaderId === this.core.self.id && this.#appendEpoch !== effect.epoch) break;
          this.#reader.leaderChanged(effect, this.core.self.id, this.#nextOffset);
          break;
        case 'highWatermark':
          this.log.log.advanceHighWatermark(effect.offset);
          this.#stopwatch?.committed(effect.offset, this.nowMs);
          this.#reader.committed(effect.offset);
          break;
        case 'askVersions':
          this.#askVersions(effect.voter);
          break;
        case 'appendQuorum':
          this.#appendQuorum(effect.epoch, effect.record);
          break;
        case 'voterChange':
          this.#changeRequests.get(effect.request)?.(effect.answer);
          this.#changeRequests.delete(effect.request);
          break;
      }
    }
  }

  async #persist(): Promise<void> {
    const { disk } = this.#options.platform;
    await writeQuorumState(
      disk,
      this.log.directory,
      this.core.electionState,
      this.core.kraftVersion,
      this.core.voters,
    );
  }

  /** The epoch's first batch: who leads, and who votes where no record says so or this node is reached elsewhere now. */
  #startEpoch(epoch: number, granted: readonly number[]): void {
    const { core } = this;
    if (core.epoch !== epoch || core.role.role !== 'leader') return;
    this.#nextOffset = this.log.endOffset;
    const { kraftVersion, selfAsVoter } = core;
    const known = this.log.voterHistory.last;
    const isDue =
      kraftVersion >= 1 &&
      known?.voters.has(selfAsVoter) === true &&
      (known.offset < 0 || !sameVoter(known.voters.get(selfAsVoter.id)!, selfAsVoter));
    this.#appendControl(
      [leaderChangeEntry(core.self.id, core.voters, granted)],
      isDue ? { kraftVersion, voters: known.voters.with(selfAsVoter) } : {},
      epoch,
    );
    this.#appendEpoch = epoch;
  }

  /**
   * In an epoch that has begun, a record of the quorum has its place before what the caller appends next: UpdateFeatures
   * answers when the record behind it is committed.
   */
  #appendedAtOnce(effect: Effect): boolean {
    if (effect.kind !== 'appendQuorum' || effect.epoch !== this.#appendEpoch) return false;
    this.#appendQuorum(effect.epoch, effect.record);
    return true;
  }

  #appendQuorum(epoch: number, record: QuorumRecord): void {
    if (this.core.epoch !== epoch || this.core.role.role !== 'leader') return;
    const lastOffset = this.#appendControl([], record, epoch);
    this.core.quorumAppended(epoch, lastOffset, this.nowMs);
    void this.#stepped();
  }

  /** The voters count from here on, as those that follow will take them from their logs. */
  #appendControl(entries: readonly ControlEntry[], record: QuorumRecord, epoch: number): number {
    const all = [...entries, ...quorumEntries(record)];
    const batch = controlBatch(all, this.#options.platform.clock.nowMs());
    const lastOffset = this.#append(batch, all.length, epoch);
    this.log.voterHistory.add(lastOffset, record);
    return lastOffset;
  }

  #askVersions(voter: Voter): void {
    if (this.#sender !== undefined) this.#sender.askVersions(voter);
    else {
      const failure = 'there is no way to it';
      this.core.changes?.handleVersions(voter.id, { failure }, this.nowMs);
      void this.#stepped();
    }
  }

  /**
   * A timer that fires late tells of this process, which stood still, and not of its peers: what they sent meanwhile waits in
   * its sockets. So the core hears of the time only after these could be read, and they as slow as this process was; once, so
   * that a process which always is late still stands.
   */
  #setTimer(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    const isGrace = this.core.deadlineMs <= this.#graceUntilMs;
    const deadlineMs = isGrace ? this.#graceUntilMs : this.core.deadlineMs;
    if (this.#isClosed || deadlineMs === Infinity) return;
    this.#timer = this.#options.platform.timers.set(Math.max(0, deadlineMs - this.nowMs), () => {
      const { nowMs } = this;
      const lateMs = nowMs - deadlineMs;
      if (lateMs > LATE_MS && !isGrace) this.#graceUntilMs = nowMs + Math.min(lateMs, GRACE_MS_MAX);
      else this.core.tick(nowMs);
      void this.#stepped();
    });
  }

  #fail(error: unknown): void {
    this.#hasFailed = true;
    if (this.#isClosed) return;
    this.#options.logger.error('the quorum node failed', { error: String(error) });
    this.#isClosed = true;
    this.#timer?.cancel();
    this.#cleanTimer?.cancel();
    this.#fetcher?.close();
    for (const answer of this.#changeRequests.values())
      answer({ error: 'BROKER_NOT_AVAILABLE', message: 'this node failed' });
    this.#changeRequests.clear();
    this.#options.onFailure?.(error);
  }
}

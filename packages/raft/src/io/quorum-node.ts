// A member of the metadata quorum on real ports: performs the core's effects in their order (durable before told), drives
// its timers, fetches as a follower, and tells a listener what is committed. Kafka: KafkaRaftClient, KafkaRaftClientDriver.
import type { LogDirectory } from '@ottla/log';
import type { Logger, Platform, Timer } from '@ottla/platform';
import {
  beginQuorumEpochRequest,
  beginQuorumEpochResponse,
} from '@ottla/protocol/messages/begin-quorum-epoch';
import {
  endQuorumEpochRequest,
  endQuorumEpochResponse,
} from '@ottla/protocol/messages/end-quorum-epoch';
import { voteRequest, voteResponse } from '@ottla/protocol/messages/vote';
import { RecordBatchBuilder } from '@ottla/protocol/records';
import { QuorumNodeError } from '../errors.ts';
import type { Effect, OutgoingMessage } from '../messages.ts';
import { QuorumCore } from '../quorum-core.ts';
import type { QuorumTimes } from '../quorum-options.ts';
import { type QuorumEndpoint, type ReplicaKey, VoterSet } from '../replica.ts';
import { CommitReader, type QuorumNodeListener } from './commit-reader.ts';
import {
  controlBatch,
  kraftVersionEntry,
  leaderChangeEntry,
  votersEntry,
} from './control-records.ts';
import { FollowerFetcher } from './follower-fetcher.ts';
import { MetadataLog, type MetadataLogSettings } from './metadata-log.ts';
import { readQuorumState, writeQuorumState } from './quorum-state-file.ts';
import type { RaftTransport } from './raft-transport.ts';
import { readSnapshotFile, writeSnapshotFile } from './snapshot-file.ts';
import {
  answerFromWire,
  beginToWire,
  endToWire,
  voteAnswerFromWire,
  voteToWire,
} from './wire-messages.ts';

export interface QuorumNodeOptions {
  readonly platform: Platform;
  readonly logger: Logger;
  /** Holds `__cluster_metadata-0`; formatted. */
  readonly logs: LogDirectory;
  readonly clusterId: string;
  readonly self: ReplicaKey;
  /** `controller.quorum.voters`; not given where the voters are in the log (`kraft.version` 1). */
  readonly staticVoters?: VoterSet;
  /** Where this node's controller listeners are reached, for voters records and BeginQuorumEpoch. */
  readonly endpoints?: readonly QuorumEndpoint[];
  /** Needed with more than one voter, or as an observer. */
  readonly transport?: RaftTransport;
  readonly times?: QuorumTimes;
  readonly log?: MetadataLogSettings;
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

/** Bytes of one batch, `controller.quorum.append` bound of Kafka. */
export const APPEND_BYTES_MAX: number = 8 * 1024 * 1024;

export class QuorumNode {
  readonly core: QuorumCore;
  readonly log: MetadataLog;
  readonly #options: QuorumNodeOptions;
  readonly #kraftVersion: number;
  readonly #reader: CommitReader;
  readonly #fetcher: FollowerFetcher | undefined;
  readonly #changeListeners = new Set<() => void>();
  #effects: Promise<void> = Promise.resolve();
  #nextOffset: number;
  /** The epoch in which `append` is allowed, once its leader change record is queued. */
  #appendEpoch = -1;
  #timer: Timer | undefined;
  #isClosed = false;
  #hasFailed = false;
  readonly #sendsUnderWay = new Map<string, Promise<void>>();

  private constructor(
    options: QuorumNodeOptions,
    log: MetadataLog,
    core: QuorumCore,
    kraftVersion: number,
  ) {
    this.#options = options;
    this.log = log;
    this.core = core;
    this.#kraftVersion = kraftVersion;
    this.#nextOffset = log.endOffset;
    this.#reader = new CommitReader(log, options.platform.disk, options.logger, (error) =>
      this.#fail(error),
    );
    this.#fetcher =
      options.transport === undefined
        ? undefined
        : new FollowerFetcher({
            ...options,
            transport: options.transport,
            core,
            log,
            stepped: () => this.#stepped(),
          });
  }

  /** Opens the log and reads who votes. Nothing moves before `start`. */
  static async open(options: QuorumNodeOptions): Promise<QuorumNode> {
    const { platform, logs } = options;
    const log = await MetadataLog.open(logs, options.log);
    const found = await findQuorum(log, platform, options);
    const election = await readQuorumState(platform.disk, log.directory);
    const core = new QuorumCore(
      {
        self: options.self,
        voters: found.voters,
        election,
        log,
        random: (bound) => platform.random.below(bound),
        ...(options.times === undefined ? {} : { times: options.times }),
      },
      platform.clock.monotonicMs(),
    );
    return new QuorumNode(options, log, core, found.kraftVersion);
  }

  get logEndOffset(): number {
    return Math.max(this.#nextOffset, this.log.endOffset);
  }

  get kraftVersion(): number {
    return this.#kraftVersion;
  }

  get nowMs(): number {
    return this.#options.platform.clock.monotonicMs();
  }

  /** Begins to take part. A voter that is alone leads at once. */
  start(): void {
    this.core.start(this.nowMs);
    void this.#stepped();
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
      ...(this.#kraftVersion >= 1
        ? { quorum: { kraftVersion: this.#kraftVersion, voters: this.core.voters } }
        : {}),
    });
    await this.log.addSnapshot(id);
    return true;
  }

  /** Resigns if it leads, and stops. The log directory is its owner's to close. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.core.resign(this.core.epoch, this.nowMs);
    void this.#stepped();
    this.#isClosed = true;
    this.#timer?.cancel();
    this.#fetcher?.close();
    await this.#effects;
    // That it leaves must have reached the others, or have been given up, before the caller takes the network away.
    await Promise.all(this.#sendsUnderWay.values());
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
    const effects = this.core.takeEffects();
    if (effects.length > 0)
      this.#effects = this.#effects
        .then(() => this.#perform(effects))
        .catch((error: unknown) => this.#fail(error));
    this.#setTimer();
    this.#fetcher?.wake();
    for (const listener of this.#changeListeners) listener();
    return this.#effects;
  }

  async #perform(effects: readonly Effect[]): Promise<void> {
    for (const effect of effects) {
      if (this.#hasFailed) return;
      switch (effect.kind) {
        case 'persist':
          await this.#persist();
          break;
        case 'send':
          this.#send(effect.to, effect.message);
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
          this.#reader.committed(effect.offset);
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
      this.#kraftVersion,
      this.core.voters,
    );
  }

  /** The epoch's first batch: who leads; in an empty log of a dynamic quorum also who votes. */
  #startEpoch(epoch: number, granted: readonly number[]): void {
    if (this.core.epoch !== epoch || this.core.role.role !== 'leader') return;
    this.#nextOffset = this.log.endOffset;
    const voters = this.#withOwnEndpoints(this.core.voters);
    const entries = [leaderChangeEntry(this.core.self.id, voters, granted)];
    const isMoved = JSON.stringify(voters.voters) !== JSON.stringify(this.core.voters.voters);
    if (this.#kraftVersion >= 1 && (this.log.endOffset === 0 || isMoved))
      entries.push(kraftVersionEntry(this.#kraftVersion), votersEntry(voters));
    if (isMoved) this.core.setVoters(voters);
    this.#append(
      controlBatch(entries, this.#options.platform.clock.nowMs()),
      entries.length,
      epoch,
    );
    this.#appendEpoch = epoch;
  }

  /** A leader whose listeners moved (port 0) says so in the voters record. */
  #withOwnEndpoints(voters: VoterSet): VoterSet {
    const endpoints = this.#options.endpoints;
    if (endpoints === undefined || this.#kraftVersion < 1) return voters;
    return new VoterSet(
      voters.voters.map((voter) =>
        voter.id === this.core.self.id ? { ...voter, endpoints: [...endpoints] } : voter,
      ),
    );
  }

  #send(to: ReplicaKey, message: OutgoingMessage): void {
    const voter = this.core.voters.get(to.id);
    const transport = this.#options.transport;
    // Only the same request is not sent twice: a vote must not wait for the pre-vote that led to it.
    const preVote = message.kind === 'vote' && message.preVote;
    const exchange = `${to.id} ${message.kind} ${message.epoch} ${preVote}`;
    if (voter === undefined || transport === undefined || this.#sendsUnderWay.has(exchange)) return;
    const sending = this.#exchange(transport, voter, message).catch((error: unknown) => {
      this.#options.logger.debug('a quorum request failed', {
        to: to.id,
        kind: message.kind,
        error: String(error),
      });
    });
    this.#sendsUnderWay.set(exchange, sending);
    void sending.finally(() => this.#sendsUnderWay.delete(exchange));
  }

  async #exchange(
    transport: RaftTransport,
    to: NonNullable<ReturnType<VoterSet['get']>>,
    message: OutgoingMessage,
  ): Promise<void> {
    const { clusterId, endpoints = [] } = this.#options;
    const timeoutMs = this.#options.times?.electionTimeoutMs ?? 1_000;
    if (message.kind === 'vote') {
      const wire = voteToWire(message, to, clusterId);
      const answer = voteAnswerFromWire(
        await transport.send(to, { request: voteRequest, response: voteResponse }, wire, timeoutMs),
      );
      // The epoch starts at the log's end: nothing may be on its way there when the last vote is counted.
      await this.log.idle();
      if (answer !== undefined) this.core.handleVoteAnswer(to.id, message, answer, this.nowMs);
    } else if (message.kind === 'beginEpoch') {
      const kind = { request: beginQuorumEpochRequest, response: beginQuorumEpochResponse };
      const answer = answerFromWire(
        await transport.send(to, kind, beginToWire(message, to, clusterId, endpoints), timeoutMs),
      );
      if (answer !== undefined) this.core.handleAnswer(answer, this.nowMs);
    } else {
      const kind = { request: endQuorumEpochRequest, response: endQuorumEpochResponse };
      const answer = answerFromWire(
        await transport.send(to, kind, endToWire(message, clusterId, endpoints), timeoutMs),
      );
      if (answer !== undefined) this.core.handleAnswer(answer, this.nowMs);
    }
    if (!this.#isClosed) await this.#stepped();
  }

  #setTimer(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    const deadlineMs = this.core.deadlineMs;
    if (this.#isClosed || deadlineMs === Infinity) return;
    this.#timer = this.#options.platform.timers.set(Math.max(0, deadlineMs - this.nowMs), () => {
      this.core.tick(this.nowMs);
      void this.#stepped();
    });
  }

  #fail(error: unknown): void {
    this.#hasFailed = true;
    if (this.#isClosed) return;
    this.#options.logger.error('the quorum node failed', { error: String(error) });
    this.#isClosed = true;
    this.#timer?.cancel();
    this.#fetcher?.close();
    this.#options.onFailure?.(error);
  }
}

/** The voters: from the configuration, else from the newest record in the log or the snapshots. */
async function findQuorum(
  log: MetadataLog,
  platform: Platform,
  options: QuorumNodeOptions,
): Promise<{ voters: VoterSet; kraftVersion: number }> {
  let voters = options.staticVoters;
  let kraftVersion = 0;
  for (const id of log.snapshots) {
    const snapshot = await readSnapshotFile(platform.disk, log.snapshotPath(id));
    voters = snapshot.voters ?? voters;
    kraftVersion = snapshot.kraftVersion ?? kraftVersion;
  }
  const inLog = await log.findVoters();
  return {
    voters: inLog.voters ?? voters ?? new VoterSet([]),
    kraftVersion: inLog.kraftVersion ?? kraftVersion,
  };
}

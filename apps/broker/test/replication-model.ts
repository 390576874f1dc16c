// One partition, its replicas and its controller as a model: the real cores of leader and follower over logs that are
// arrays, every message and every piece of metadata delivered when, and in the order in which, the choices say.
import { LeaderEpochs } from '@ottla/log';
import type { PartitionImage } from '@ottla/metadata';
import { ErrorCode } from '@ottla/protocol';
import {
  type FetchPosition,
  type FollowerLog,
  FollowerState,
  type FollowerStep,
} from '../src/replica/follower-state.ts';
import { type BrokerStatus, type IsrProposal, LeaderState } from '../src/replica/leader-state.ts';

interface Entry {
  readonly epoch: number;
  readonly value: number;
}

/** What the controller has decided, version by version. */
interface Metadata {
  readonly partition: PartitionImage;
  readonly brokers: ReadonlyMap<number, BrokerStatus>;
}

interface FetchRequest {
  readonly follower: number;
  readonly brokerEpoch: number;
  readonly asked: FetchPosition;
}

interface FetchResponse {
  readonly errorCode: number;
  readonly highWatermark: number;
  readonly divergingEpoch: { readonly epoch: number; readonly endOffset: number };
  readonly entries: readonly Entry[];
}

const LAG_MAX_MS = 100;
const NO_DIVERGENCE = { epoch: -1, endOffset: -1 };

/** A log that is an array. */
class ModelLog implements FollowerLog {
  entries: Entry[] = [];
  epochs = new LeaderEpochs();
  highWatermark = 0;
  readonly logStartOffset = 0;
  get logEndOffset(): number {
    return this.entries.length;
  }
  get latestEpoch(): number {
    return this.epochs.latest?.epoch ?? -1;
  }
  endOffsetForEpoch(epoch: number): { readonly epoch: number; readonly endOffset: number } {
    return this.epochs.endOffsetFor(epoch, this.entries.length);
  }
  append(entries: readonly Entry[]): void {
    for (const entry of entries) {
      this.epochs.assign(entry.epoch, this.entries.length);
      this.entries.push(entry);
    }
  }
  truncate(offset: number): void {
    this.entries.length = Math.min(this.entries.length, offset);
    this.epochs.truncateFromEnd(this.entries.length);
    this.highWatermark = Math.min(this.highWatermark, offset);
  }
}

class ModelBroker {
  readonly id: number;
  readonly log = new ModelLog();
  isAlive = true;
  brokerEpoch: number;
  /** Version of the metadata that it has seen. */
  seen = -1;
  leader: LeaderState | undefined;
  follower: FollowerState | undefined;
  followed = -1;
  isFetching = false;
  /** Offset and value of what it appended for clients that wait. */
  waiting: { readonly offset: number; readonly value: number; readonly epoch: number }[] = [];
  constructor(id: number) {
    this.id = id;
    this.brokerEpoch = 10 + id;
  }
}

export interface ModelOptions {
  readonly brokers: number;
  readonly minIsr: number;
  /** What is broken on purpose, to see that the checks find it. */
  readonly mutant?: 'commit-without-followers' | 'no-truncation' | 'join-early' | 'forget-min-isr';
}

/** The whole; every `step` checks what must always hold. */
export class ReplicationModel {
  readonly brokers: ModelBroker[];
  readonly #options: ModelOptions;
  readonly #metadata: Metadata[] = [];
  #messages: (() => void)[] = [];
  #nowMs = 0;
  #nextValue = 0;
  #nextBrokerEpoch = 100;
  /** Values that clients were told are safe, by offset. */
  readonly acknowledged = new Map<number, number>();

  constructor(options: ModelOptions) {
    this.#options = options;
    const ids = Array.from({ length: options.brokers }, (_, id) => id);
    this.brokers = ids.map((id) => new ModelBroker(id));
    this.#metadata.push({
      partition: {
        replicas: ids,
        directories: ids.map(() => 'AAAAAAAAAAAAAAAAAAAAAA'),
        isr: ids,
        removingReplicas: [],
        addingReplicas: [],
        leader: 0,
        leaderRecoveryState: 0,
        leaderEpoch: 0,
        partitionEpoch: 0,
        elr: [],
        lastKnownElr: [],
      },
      brokers: new Map(ids.map((id) => [id, statusOf(this.brokers[id]!.brokerEpoch, false)])),
    });
  }

  get #decided(): Metadata {
    return this.#metadata.at(-1)!;
  }

  /** Does one of what could happen now. */
  step(choice: number): void {
    this.#nowMs += 1;
    const actions = this.#actions(choice);
    actions[choice % actions.length]!();
    this.#check();
  }

  /** Everything lives, everything is delivered, time passes: then all replicas are the same and in sync. */
  converge(): void {
    for (const broker of this.brokers) if (!broker.isAlive) this.#restart(broker);
    for (let round = 0; round < 60; round += 1) {
      this.#nowMs += LAG_MAX_MS / 4;
      for (const broker of this.brokers) {
        while (broker.seen < this.#metadata.length - 1) this.#learn(broker);
        this.#fetch(broker);
        this.#tick(broker);
      }
      while (this.#messages.length > 0) this.#messages.shift()!();
      this.#check();
    }
    const [first, ...others] = this.brokers;
    for (const other of others)
      same(other.log.entries, first!.log.entries, 'logs differ at the end');
    if (this.#decided.partition.isr.length !== this.brokers.length)
      throw new Error(`at the end the ISR is ${this.#decided.partition.isr.join(',')}`);
  }

  #actions(choice: number): (() => void)[] {
    const actions: (() => void)[] = [];
    for (const broker of this.brokers) {
      if (!broker.isAlive) {
        actions.push(() => this.#restart(broker));
        continue;
      }
      if (broker.leader !== undefined)
        actions.push(
          () => this.#produce(broker),
          () => this.#produce(broker),
        );
      if (broker.follower !== undefined)
        actions.push(
          () => this.#fetch(broker),
          () => this.#fetch(broker),
        );
      if (broker.seen < this.#metadata.length - 1)
        actions.push(
          () => this.#learn(broker),
          () => this.#learn(broker),
        );
      actions.push(() => this.#tick(broker));
    }
    this.#messages.forEach((_, slot) => {
      const deliver = (): void => this.#messages.splice(slot, 1)[0]!();
      actions.push(deliver, deliver);
    });
    if (this.#messages.length > 0) actions.push(() => this.#lose());
    // Rarely, so that something is done between two crashes.
    if (choice % 5 === 0) actions.push(() => this.#crashOne());
    actions.push(() => (this.#nowMs += LAG_MAX_MS));
    return actions;
  }

  // ---- the controller ----

  #decide(change: Partial<PartitionImage>, brokers = this.#decided.brokers): void {
    const { partition } = this.#decided;
    const isElection = change.leader !== undefined;
    this.#metadata.push({
      brokers,
      partition: {
        ...partition,
        ...change,
        partitionEpoch: partition.partitionEpoch + 1,
        leaderEpoch: partition.leaderEpoch + (isElection ? 1 : 0),
      },
    });
  }

  #fence(id: number): void {
    const { partition, brokers } = this.#decided;
    const fenced = new Map(brokers).set(id, statusOf(brokers.get(id)!.brokerEpoch, true));
    const rest = partition.isr.filter((member) => member !== id);
    const isr = rest.length === 0 ? partition.isr : rest;
    const isLeader = partition.leader === id;
    this.#decide(isLeader ? { isr, leader: rest[0] ?? -1 } : { isr }, fenced);
  }

  #alter(leader: number, proposal: IsrProposal): { errorCode: number; partition: PartitionImage } {
    const { partition, brokers } = this.#decided;
    const answer = (errorCode: number): { errorCode: number; partition: PartitionImage } => ({
      errorCode,
      partition: this.#decided.partition,
    });
    if (proposal.leaderEpoch < partition.leaderEpoch || leader !== partition.leader)
      return answer(ErrorCode.FENCED_LEADER_EPOCH);
    if (proposal.partitionEpoch < partition.partitionEpoch)
      return answer(ErrorCode.INVALID_UPDATE_VERSION);
    const isIneligible = proposal.isr.some(({ brokerId, brokerEpoch }) => {
      const status = brokers.get(brokerId)!;
      return status.fenced || (brokerEpoch !== -1 && brokerEpoch !== status.brokerEpoch);
    });
    if (isIneligible) return answer(ErrorCode.INELIGIBLE_REPLICA);
    this.#decide({ isr: proposal.isr.map(({ brokerId }) => brokerId) });
    return answer(ErrorCode.NONE);
  }

  // ---- the brokers ----

  #crashOne(): void {
    const living = this.brokers.filter(({ isAlive }) => isAlive);
    const broker = living[this.#nowMs % Math.max(living.length, 1)];
    if (broker === undefined || living.length === 1) return;
    broker.isAlive = false;
    // The checkpoint of the high watermark is older than what the broker knew.
    broker.log.highWatermark = Math.max(0, broker.log.highWatermark - 2);
    this.#reset(broker);
    this.#fence(broker.id);
  }

  #restart(broker: ModelBroker): void {
    broker.isAlive = true;
    broker.brokerEpoch = this.#nextBrokerEpoch += 1;
    const { partition } = this.#decided;
    const brokers = new Map(this.#decided.brokers).set(
      broker.id,
      statusOf(broker.brokerEpoch, false),
    );
    this.#decide(
      partition.leader < 0 && partition.isr.includes(broker.id) ? { leader: broker.id } : {},
      brokers,
    );
    // A broker serves only once it knows its own registration, and so all that was decided before.
    broker.seen = this.#metadata.length - 2;
    this.#learn(broker);
  }

  #reset(broker: ModelBroker): void {
    broker.leader = undefined;
    broker.follower = undefined;
    broker.followed = -1;
    broker.isFetching = false;
    broker.waiting = [];
  }

  /** Takes in the next version of the metadata. */
  #learn(broker: ModelBroker): void {
    broker.seen += 1;
    const { partition } = this.#metadata[broker.seen]!;
    const { log } = broker;
    if (partition.leader === broker.id) {
      broker.follower = undefined;
      broker.leader ??= new LeaderState({
        brokerId: broker.id,
        brokerEpoch: () => broker.brokerEpoch,
        brokers: (id) => this.#metadata[broker.seen]!.brokers.get(id),
        lagMaxMs: LAG_MAX_MS,
      });
      if (broker.leader.leaderEpoch === partition.leaderEpoch) broker.leader.update(partition);
      else {
        log.epochs.assign(partition.leaderEpoch, log.logEndOffset);
        broker.leader.elected(partition, log.logEndOffset, this.#nowMs);
      }
      this.#commit(broker);
      return;
    }
    if (broker.follower?.leaderEpoch === partition.leaderEpoch) return;
    this.#reset(broker);
    if (partition.leader < 0) return;
    broker.followed = partition.leader;
    broker.follower = new FollowerState(partition.leaderEpoch, { pauseMs: 1, pauseMsMax: 4 });
    this.#do(broker, broker.follower.begin(log), []);
  }

  #produce(broker: ModelBroker): void {
    if (!broker.leader!.hasMinInSync(this.#minIsr)) return;
    const entry = { epoch: broker.leader!.leaderEpoch, value: (this.#nextValue += 1) };
    broker.waiting.push({ ...entry, offset: broker.log.logEndOffset });
    broker.log.append([entry]);
    this.#commit(broker);
  }

  #commit(broker: ModelBroker): void {
    const { log } = broker;
    const leader = broker.leader!;
    const committed =
      this.#options.mutant === 'commit-without-followers'
        ? log.logEndOffset
        : leader.committedOffset(this.#minIsr, log.logEndOffset, this.#nowMs);
    if (committed === undefined || committed <= log.highWatermark) return;
    log.highWatermark = committed;
    for (const { offset, value, epoch } of broker.waiting)
      if (offset < committed && epoch === leader.leaderEpoch) this.#acknowledge(offset, value);
    broker.waiting = broker.waiting.filter(({ offset }) => offset >= committed);
  }

  /** What a leader goes by. */
  get #minIsr(): number {
    return this.#options.mutant === 'forget-min-isr' ? 1 : this.#options.minIsr;
  }

  /** Whoever is lost for ever from now on, all but one of so many may be. */
  #acknowledge(offset: number, value: number): void {
    this.acknowledged.set(offset, value);
    const copies = this.brokers.filter(({ log }) => log.entries[offset]?.value === value);
    if (copies.length < this.#options.minIsr)
      throw new Error(`offset ${offset} was acknowledged with ${copies.length} copies`);
  }

  #tick(broker: ModelBroker): void {
    const { leader, log } = broker;
    if (leader === undefined) return;
    this.#commit(broker);
    const { logEndOffset, highWatermark } = log;
    const position = { logEndOffset, highWatermark, nowMs: this.#nowMs };
    this.#propose(broker, leader.proposeShrinking(position));
  }

  #propose(broker: ModelBroker, proposal: IsrProposal | undefined): void {
    const { leader, brokerEpoch } = broker;
    if (proposal === undefined || leader === undefined) return;
    this.#messages.push(() => {
      const { errorCode, partition } = this.#alter(broker.id, proposal);
      this.#messages.push(() => {
        if (broker.brokerEpoch !== brokerEpoch || broker.leader !== leader) return;
        const outcome = leader.answered(proposal, { errorCode, ...partition });
        if (outcome === 'retry') this.#propose(broker, proposal);
        this.#commit(broker);
      });
    });
  }

  #lose(): void {
    // An AlterPartition is sent until it is answered; only a fetch's frame is lost with its connection.
    const slot = this.#messages.findIndex((message) => message.name === 'fetch');
    if (slot >= 0) this.#messages.splice(slot, 1);
    for (const broker of this.brokers) broker.isFetching = false;
  }

  #fetch(broker: ModelBroker): void {
    const { follower, followed, brokerEpoch } = broker;
    if (follower === undefined || broker.isFetching) return;
    const asked = follower.position(broker.log, this.#nowMs);
    if (asked === undefined) return;
    broker.isFetching = true;
    const fetch = (): void => {
      const response = this.#serve(this.brokers[followed]!, {
        follower: broker.id,
        brokerEpoch,
        asked,
      });
      this.#messages.push(() => {
        if (broker.brokerEpoch !== brokerEpoch) return;
        broker.isFetching = false;
        if (broker.follower !== follower) return;
        if (response === undefined) follower.refused(this.#nowMs);
        else this.#take(broker, asked, response);
      });
    };
    this.#messages.push(fetch);
  }

  #serve(
    leader: ModelBroker,
    { follower, brokerEpoch, asked }: FetchRequest,
  ): FetchResponse | undefined {
    const { leader: state, log } = leader;
    const failed = (errorCode: number): FetchResponse => ({
      errorCode,
      highWatermark: -1,
      divergingEpoch: NO_DIVERGENCE,
      entries: [],
    });
    if (!leader.isAlive) return undefined;
    if (state === undefined) return failed(ErrorCode.NOT_LEADER_OR_FOLLOWER);
    if (asked.leaderEpoch < state.leaderEpoch) return failed(ErrorCode.FENCED_LEADER_EPOCH);
    if (asked.leaderEpoch > state.leaderEpoch) return failed(ErrorCode.UNKNOWN_LEADER_EPOCH);
    const { fetchOffset, lastFetchedEpoch } = asked;
    if (lastFetchedEpoch >= 0 && this.#options.mutant !== 'no-truncation') {
      const diverging = log.endOffsetForEpoch(lastFetchedEpoch);
      if (diverging.endOffset < 0) return failed(ErrorCode.OFFSET_OUT_OF_RANGE);
      if (diverging.epoch < lastFetchedEpoch || diverging.endOffset < fetchOffset)
        return { ...failed(ErrorCode.NONE), divergingEpoch: diverging };
    }
    if (fetchOffset > log.logEndOffset) return failed(ErrorCode.OFFSET_OUT_OF_RANGE);
    const isFollower = state.fetched({
      brokerId: follower,
      brokerEpoch,
      fetchOffset: this.#options.mutant === 'join-early' ? log.logEndOffset : fetchOffset,
      logStartOffset: 0,
      leaderEndOffset: log.logEndOffset,
      nowMs: this.#nowMs,
    });
    if (!isFollower) return failed(ErrorCode.NOT_LEADER_OR_FOLLOWER);
    const position = {
      logEndOffset: log.logEndOffset,
      highWatermark: log.highWatermark,
      nowMs: this.#nowMs,
    };
    this.#propose(leader, state.proposeExpansion(follower, position));
    this.#commit(leader);
    return {
      errorCode: ErrorCode.NONE,
      highWatermark: log.highWatermark,
      divergingEpoch: NO_DIVERGENCE,
      entries: log.entries.slice(fetchOffset, fetchOffset + 3),
    };
  }

  #take(broker: ModelBroker, asked: FetchPosition, response: FetchResponse): void {
    const { log } = broker;
    const answer = { ...response, logStartOffset: 0 };
    this.#do(broker, broker.follower!.answered(asked, answer, log, this.#nowMs), response.entries);
  }

  #do(broker: ModelBroker, step: FollowerStep, entries: readonly Entry[]): void {
    const { log, followed } = broker;
    const follower = broker.follower!;
    if (step.kind === 'append') {
      log.append(entries);
      log.highWatermark = Math.max(
        log.highWatermark,
        Math.min(step.highWatermark, log.logEndOffset),
      );
      follower.done();
    } else if (step.kind === 'truncate') {
      if (step.isBelowHighWatermark) throw new Error('a follower cuts what is committed');
      log.truncate(step.offset);
      follower.done();
    } else if (step.kind === 'ask-offsets') {
      const end = this.brokers[followed]!.log.logEndOffset;
      this.#do(broker, follower.leaderOffsets(0, end, log), []);
    }
  }

  // ---- what must always hold ----

  #check(): void {
    const { partition } = this.#decided;
    for (const [offset, value] of this.acknowledged) {
      for (const id of partition.isr) {
        const has = this.brokers[id]!.log.entries[offset]?.value;
        if (has !== value)
          throw new Error(
            `offset ${offset} was acknowledged with ${value}, but ${id} of the ISR has ${has}`,
          );
      }
    }
    for (const { id, log } of this.brokers)
      for (const other of this.brokers) {
        const end = Math.min(log.highWatermark, other.log.highWatermark);
        same(
          log.entries.slice(0, end),
          other.log.entries.slice(0, end),
          `${id} and ${other.id} differ below their high watermarks`,
        );
      }
  }
}

function statusOf(brokerEpoch: number, fenced: boolean): BrokerStatus {
  return { brokerEpoch, fenced, inControlledShutdown: false };
}

function same(ours: readonly Entry[], theirs: readonly Entry[], problem: string): void {
  const slot = ours.findIndex(
    ({ epoch, value }, offset) => theirs[offset]?.value !== value || theirs[offset].epoch !== epoch,
  );
  if (slot >= 0 || ours.length !== theirs.length) throw new Error(`${problem}, at ${slot}`);
}

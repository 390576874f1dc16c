// Controller: decides what is written into the metadata log, and knows what was. A request becomes
// records and a response; records become state only when they are replayed, on every controller the
// same way. No I/O, no clock: `io/controller-driver.ts` performs what is decided here.
//
//   handle ──▶ records ──▶ (append) ──▶ replay ──▶ latest ──▶ (commit) ──▶ commit ──▶ committed
//                                                     └── (lost) ──▶ revert ──▶ committed
//
// Kafka: org.apache.kafka.controller.QuorumController and its managers; KIP-631.
import {
  KRAFT_VERSION_FEATURE,
  METADATA_VERSION_FEATURE,
  METADATA_VERSION_LATEST_PRODUCTION,
  METADATA_VERSION_MIN,
} from '../feature-levels.ts';
import type { MetadataImage } from '../image/metadata-image.ts';
import type { MetadataBatch, MetadataSnapshot } from '../image/metadata-loader.ts';
import { metadataRecord } from '../metadata-record.ts';
import { activationRecords } from './activation.ts';
import { allocateProducerIds } from './allocate-producer-ids.ts';
import { alterConfigs, incrementalAlterConfigs } from './alter-configs.ts';
import { alterPartition } from './alter-partition.ts';
import { alterPartitionReassignments } from './alter-reassignments.ts';
import { assignReplicasToDirs } from './assign-replicas.ts';
import { brokerHeartbeat } from './broker-heartbeat.ts';
import { type BrokerIdAndEpoch, BrokerSessions } from './broker-sessions.ts';
import type { ControllerOptions } from './controller-options.ts';
import {
  type ControllerState,
  INITIAL_STATE,
  replayBatch,
  stateFromSnapshot,
} from './controller-state.ts';
import { createPartitions } from './create-partitions.ts';
import { createTopics } from './create-topics.ts';
import type { DecisionMoment, DecisionScope } from './decision-scope.ts';
import { deleteTopics } from './delete-topics.ts';
import { electLeaders } from './elect-leaders.ts';
import { growInternalTopics } from './internal-topics.ts';
import { electPreferredLeaders, electUncleanLeaders, fenceBroker } from './leadership.ts';
import { listPartitionReassignments } from './list-reassignments.ts';
import type {
  ControllerOperation,
  ControllerRequest,
  ControllerRequestContext,
  ControllerResponse,
  ControllerResult,
} from './operations.ts';
import { registerBroker, registerController, unregisterBroker } from './register-broker.ts';
import { inSlices } from './slices.ts';
import { updateFeatures } from './update-features.ts';

type Handlers = {
  readonly [O in ControllerOperation]: (
    scope: DecisionScope,
    request: ControllerRequest<O>,
    context: ControllerRequestContext,
  ) => ControllerResult<ControllerResponse<O>>;
};

const handlers: Handlers = {
  createTopics,
  deleteTopics,
  createPartitions,
  alterConfigs,
  incrementalAlterConfigs,
  registerBroker,
  brokerHeartbeat,
  unregisterBroker,
  registerController,
  allocateProducerIds,
  alterPartition,
  electLeaders,
  alterPartitionReassignments,
  listPartitionReassignments,
  assignReplicasToDirs,
  updateFeatures,
};

const DEFAULT_FEATURES = [
  {
    name: METADATA_VERSION_FEATURE,
    minSupportedVersion: METADATA_VERSION_MIN,
    maxSupportedVersion: METADATA_VERSION_LATEST_PRODUCTION,
  },
  { name: KRAFT_VERSION_FEATURE, minSupportedVersion: 0, maxSupportedVersion: 1 },
];

/** A broker that was silent for too long. */
export interface StaleBroker {
  readonly brokerId: number;
  /** Whether it counted until now: false when it was fenced or gone already. */
  readonly wasActive: boolean;
}

/** The controller's decisions and its state. */
export class Controller {
  readonly #options: Required<ControllerOptions>;
  readonly #sessions: BrokerSessions;
  /** The committed state, then the one after each batch that is not committed yet. Never empty. */
  #states: [ControllerState, ...ControllerState[]] = [INITIAL_STATE];

  constructor(options: ControllerOptions) {
    this.#options = {
      sessionTimeoutMs: 9000,
      defaultNumPartitions: 1,
      defaultReplicationFactor: () => 1,
      deleteTopicEnable: true,
      recordsPerOperationMax: 10_000,
      recordsPerSliceMax: 150,
      kraftVersion: () => 1,
      upgradeKraftVersion: () => 'This quorum cannot change its kraft.version.',
      supportedFeatures: DEFAULT_FEATURES,
      voterIds: () => [],
      growingTopics: () => [],
      ...options,
    };
    this.#sessions = new BrokerSessions(this.#options.sessionTimeoutMs);
  }

  /** Everything replayed, committed or not. */
  get latest(): MetadataImage {
    return this.#latestState.image;
  }

  /** Everything that cannot be lost any more, a transaction that has not ended left out. */
  get committed(): MetadataImage {
    const [state] = this.#states;
    return (state.transaction?.before ?? state).image;
  }

  /**
   * Decides on a request by the latest state. Nothing changes but the sessions, which are soft.
   *
   * @param context what came with the request
   */
  handle<O extends ControllerOperation>(
    operation: O,
    request: ControllerRequest<O>,
    context: ControllerRequestContext,
    moment: DecisionMoment,
  ): ControllerResult<ControllerResponse<O>> {
    return handlers[operation](this.#scope(moment), request, context);
  }

  /** A broker was heard of, though there is no time for what it asks: it must not be fenced for that. */
  noteContact({ brokerId, brokerEpoch }: BrokerIdAndEpoch, nowMs: number): void {
    this.#sessions.noteContact(brokerId, brokerEpoch, nowMs);
  }

  /**
   * Becomes active: the sessions begin anew.
   *
   * @returns what has to be written before anything else
   */
  activate(nowMs: number): ControllerResult<void> {
    this.#sessions.restart(this.latest, nowMs, this.#options.nodeId);
    const records = activationRecords(this.#latestState, this.#options);
    return { records, response: undefined };
  }

  /**
   * Fences one broker that was silent for too long.
   *
   * @returns who it was, if anybody; then it should be called again after the records were replayed
   */
  fenceOneStaleBroker(moment: DecisionMoment): ControllerResult<StaleBroker | undefined> {
    const stale = this.#sessions.findExpired(moment.nowMs);
    if (stale === undefined) return { records: [], response: undefined };
    this.#sessions.remove(stale.brokerId);
    const broker = this.latest.cluster.brokers.get(stale.brokerId);
    const isCurrent = broker?.brokerEpoch === stale.brokerEpoch;
    const { brokerId } = stale;
    if (!isCurrent || broker.fenced)
      return { records: [], response: { brokerId, wasActive: false } };
    const scope = this.#scope(moment);
    const steps = fenceBroker(scope, broker);
    const response = (): StaleBroker => ({ brokerId, wasActive: true });
    return inSlices(scope, { steps, response, departing: [brokerId] });
  }

  /**
   * Gives leadership back to preferred leaders that are in sync again.
   *
   * @returns whether some of them serve and have to catch up first
   */
  electPreferredLeaders(moment: DecisionMoment): ControllerResult<boolean> {
    const scope = this.#scope(moment);
    const { steps, isAwaiting } = electPreferredLeaders(scope);
    return inSlices(scope, { steps, response: isAwaiting });
  }

  /** Elects whoever is alive for partitions without a leader, where their configuration allows it. */
  electUncleanLeaders(moment: DecisionMoment): ControllerResult<void> {
    const scope = this.#scope(moment);
    return inSlices(scope, { steps: electUncleanLeaders(scope), response: () => undefined });
  }

  /** Gives internal topics the replicas that the brokers of today allow. */
  growInternalTopics(moment: DecisionMoment): ControllerResult<void> {
    const scope = this.#scope(moment);
    return inSlices(scope, { steps: growInternalTopics(scope), response: () => undefined });
  }

  /** Decides the next part of what takes more than one turn; the records of the one before it were replayed. */
  resume<Response>(
    rest: NonNullable<ControllerResult<Response>['rest']>,
    moment: DecisionMoment,
  ): ControllerResult<Response> {
    return rest(this.#scope(moment));
  }

  /** A record that changes nothing, by which brokers and followers see that the log lives (KIP-835). */
  noOp(): ControllerResult<void> {
    return { records: [metadataRecord('NoOpRecord', {})], response: undefined };
  }

  /**
   * Takes in one batch of the log: the only way in which state changes.
   *
   * @throws MetadataError INCONSISTENT_METADATA when it cannot follow what came before; nothing changed then
   */
  replay(batch: MetadataBatch): void {
    this.#states.push(replayBatch(this.#latestState, batch));
  }

  /** Everything up to `offset` (inclusive) is committed. */
  commit(offset: number): void {
    const [first, ...rest] = this.#states;
    const open = rest.findIndex((state) => state.image.provenance.lastContainedOffset > offset);
    const committedCount = open === -1 ? rest.length : open;
    this.#states = [rest[committedCount - 1] ?? first, ...rest.slice(committedCount)];
  }

  /** Goes back to what is committed. */
  revert(): void {
    this.#states = [this.#states[0]];
  }

  /** Replaces everything by the contents of a snapshot. */
  loadSnapshot(snapshot: MetadataSnapshot): void {
    this.#states = [stateFromSnapshot(snapshot)];
  }

  get #latestState(): ControllerState {
    return this.#states.at(-1) ?? this.#states[0];
  }

  #scope(moment: DecisionMoment): DecisionScope {
    const state = this.#latestState;
    return {
      ...moment,
      state,
      image: state.image,
      options: this.#options,
      sessions: this.#sessions,
    };
  }
}

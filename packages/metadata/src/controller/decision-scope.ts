// What an operation may look at while it decides: the newest state, the time, chance and settings.
import { ErrorCode, type Uuid } from '@ottla/protocol';
import {
  ELR_FEATURE,
  METADATA_VERSION_FEATURE,
  metadataGates,
  type MetadataGates,
} from '../feature-levels.ts';
import { type BrokerRegistration, isActiveBroker } from '../image/cluster-image.ts';
import {
  ConfigResourceType,
  configsOf,
  type MetadataImage,
  type TopicImage,
} from '../image/metadata-image.ts';
import { DirectoryId } from '../image/partition-image.ts';
import type { MetadataRecord } from '../metadata-record.ts';
import { ApiError } from './api-error.ts';
import type { BrokerSessions } from './broker-sessions.ts';
import type { ControllerOptions, TopicConfigLayers } from './controller-options.ts';
import type { ControllerState } from './controller-state.ts';

/** Where the log and the clock stand at the moment of a decision. */
export interface DecisionMoment {
  /** Monotonic. */
  readonly nowMs: number;
  /** Offset that the first record of the decision will get. */
  readonly nextOffset: number;
}

/** Read only for the operations, except for the sessions, which are soft state. */
export interface DecisionScope extends DecisionMoment {
  readonly state: ControllerState;
  readonly image: MetadataImage;
  readonly options: Required<ControllerOptions>;
  readonly sessions: BrokerSessions;
}

/** Finalized level of `metadata.version`. */
export function metadataVersionOf(scope: DecisionScope): number {
  return (
    scope.image.features.get(METADATA_VERSION_FEATURE) ?? scope.options.bootstrap.metadataVersion
  );
}

/** What the finalized `metadata.version` allows. */
export function gatesOf(scope: DecisionScope): MetadataGates {
  return metadataGates(metadataVersionOf(scope));
}

/** Whether ISRs may be empty and the last members of one stay eligible to lead (KIP-966). */
export function isElrEnabled({ image }: Pick<DecisionScope, 'image'>): boolean {
  return (image.features.get(ELR_FEATURE) ?? 0) >= 1;
}

/** Whether a broker may lead partitions and join ISRs: it serves, and is not about to be taken out of all of them. */
export function isActive(scope: DecisionScope, brokerId: number): boolean {
  const broker = scope.image.cluster.brokers.get(brokerId);
  return isActiveBroker(broker) && !scope.sessions.isDeparting(brokerId);
}

/**
 * The registration that a broker's request speaks for.
 *
 * @throws ApiError STALE_BROKER_EPOCH when the broker is not registered with that epoch
 */
export function registeredBroker(
  scope: DecisionScope,
  brokerId: number,
  brokerEpoch: number,
): BrokerRegistration {
  const broker = scope.image.cluster.brokers.get(brokerId);
  if (broker === undefined) {
    throw new ApiError(
      ErrorCode.STALE_BROKER_EPOCH,
      `No broker registration found for broker id ${brokerId}`,
    );
  }
  if (broker.brokerEpoch !== brokerEpoch) {
    throw new ApiError(
      ErrorCode.STALE_BROKER_EPOCH,
      `Expected broker epoch ${broker.brokerEpoch}, but got broker epoch ${brokerEpoch}`,
    );
  }
  return broker;
}

/** Whether that incarnation of the broker is still registered, for work that takes more than one turn. */
export function isRegistered(
  { image }: DecisionScope,
  { brokerId, brokerEpoch }: Pick<BrokerRegistration, 'brokerId' | 'brokerEpoch'>,
): boolean {
  return image.cluster.brokers.get(brokerId)?.brokerEpoch === brokerEpoch;
}

/** The log directory that a new replica on the broker is recorded with. */
export function defaultDirectory(scope: DecisionScope, brokerId: number): Uuid {
  const broker = scope.image.cluster.brokers.get(brokerId);
  if (broker === undefined) return DirectoryId.UNASSIGNED;
  if (broker.logDirs.length === 0) return DirectoryId.MIGRATING;
  const only = broker.logDirs.length === 1 ? broker.logDirs[0] : undefined;
  return only ?? DirectoryId.UNASSIGNED;
}

/** Dynamic configs that apply to a topic; `topic` is given for one that does not exist yet. */
export function topicConfigLayers(
  scope: DecisionScope,
  topicName: string,
  topic?: ReadonlyMap<string, string>,
): TopicConfigLayers {
  const { image, options } = scope;
  const { TOPIC, BROKER } = ConfigResourceType;
  return {
    topic: topic ?? configsOf(image, { type: TOPIC, name: topicName }),
    node: configsOf(image, { type: BROKER, name: String(options.nodeId) }),
    cluster: configsOf(image, { type: BROKER, name: '' }),
  };
}

/** Whether a replica outside the ISR may lead the topic when nobody else can. */
export function isUncleanElectionEnabled(scope: DecisionScope, topicName: string): boolean {
  const layers = topicConfigLayers(scope, topicName);
  const value = scope.options.configs.effectiveTopicConfig(
    'unclean.leader.election.enable',
    layers,
  );
  return value === 'true';
}

/** `min.insync.replicas` of the topic, at most its replication factor. */
export function minIsrOf(scope: DecisionScope, topic: TopicImage): number {
  const layers = topicConfigLayers(scope, topic.name);
  const configured = scope.options.configs.effectiveTopicConfig('min.insync.replicas', layers);
  return Math.min(Number(configured ?? 1), topic.partitions[0]?.replicas.length ?? 1);
}

/** Counts the records of one user operation, which is bounded although it may be written in several turns. */
export class OperationBound {
  #count = 0;

  /**
   * Takes what one part of the operation writes.
   *
   * @throws ApiError POLICY_VIOLATION when the operation would write more records than allowed
   */
  take(scope: DecisionScope, records: readonly MetadataRecord[]): readonly MetadataRecord[] {
    if (this.#count + records.length > scope.options.recordsPerOperationMax) {
      throw new ApiError(
        ErrorCode.POLICY_VIOLATION,
        'Unable to perform excessively large batch operation.',
      );
    }
    this.#count += records.length;
    return records;
  }
}

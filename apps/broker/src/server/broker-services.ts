// What handlers receive of the broker that they serve: its parts, by the narrowest name that does. The server assembles
// it once (`server.ts`); a part that is replaced while running (the metadata image) is a function.

import type { GroupCoordinator } from '@ottla/coordinator';
import type { MetadataImage } from '@ottla/metadata';
import type { Logger, Platform } from '@ottla/platform';
import type { Uuid } from '@ottla/protocol';
import type { BrokerConfig } from '../config/broker-config.ts';
import type { EndPoint } from '../config/listeners.ts';
import type { BrokerMetrics } from '../metrics/broker-metrics.ts';
import type { Purgatory } from '../purgatory/purgatory.ts';
import type { TimerWheel } from '../purgatory/timer-wheel.ts';
import type { Replicas } from '../replica/replicas.ts';
import type { ControllerChannel } from './controller-channel.ts';
import type { MetadataCatchUp } from './metadata-catch-up.ts';

/** Ids for idempotent producers, from blocks that the controller gives out. */
export interface ProducerIdSource {
  /**
   * An id that no producer of this cluster has had.
   *
   * @throws ApiError COORDINATOR_LOAD_IN_PROGRESS (retriable) when no block can be had in time
   */
  next(): Promise<number>;
}

/** Creates topics that clients asked for without creating them. */
export interface TopicAutoCreation {
  /**
   * Asks the controller for the topics, each once however many ask meanwhile: `num.partitions` and
   * `default.replication.factor`, or what an internal topic (`__consumer_offsets`) is configured with. Whether
   * `auto.create.topics.enable` allows it is the caller's matter. Returns at once; the topics appear in the image.
   *
   * @returns the error code that a client is told for each name, by Kafka's rules: UNKNOWN_TOPIC_OR_PARTITION while it
   * is being created, INVALID_TOPIC_EXCEPTION, INVALID_REPLICATION_FACTOR when brokers are too few
   */
  create(topicNames: Iterable<string>): ReadonlyMap<string, number>;
  /** Resolves when none of these topics is being created any more, or after `timeoutMs`. */
  underWay(topicNames: Iterable<string>, timeoutMs: number): Promise<void>;
}

/** The parts of a running broker. */
export interface BrokerServices {
  readonly platform: Platform;
  readonly logger: Logger;
  readonly config: BrokerConfig;
  readonly metrics: BrokerMetrics;
  readonly wheel: TimerWheel;
  readonly purgatory: Purgatory;
  readonly brokerId: number;
  readonly clusterId: Uuid;
  /** Finalized level of `kraft.version`. */
  readonly kraftVersion: number;
  /** The epoch of this broker's registration; −1 before it. */
  brokerEpoch(): number;
  /** The newest committed metadata that this broker has taken in. */
  image(): MetadataImage;
  /** This broker's listeners as clients are told, ports filled in. */
  advertised(): readonly EndPoint[];
  /** Partitions that this broker has a replica of. */
  readonly replicas: Replicas;
  readonly groups: GroupCoordinator;
  readonly producerIds: ProducerIdSource;
  /** The active controller, wherever it is, by the encoded protocol. */
  readonly controller: ControllerChannel;
  /** To wait until this broker works with what the controller has decided. */
  readonly catchUp: Pick<MetadataCatchUp, 'applied'>;
  readonly autoCreation: TopicAutoCreation;
  /** APIs that this broker's client listeners serve, for ApiVersions. */
  servedApiKeys(): readonly number[];
}

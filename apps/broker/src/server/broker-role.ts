// The broker half of the process: takes in the metadata, holds the partitions and the groups, and introduces itself to
// the controller. Kafka: BrokerServer, BrokerMetadataPublisher.

import { GroupCoordinator } from '@ottla/coordinator';
import {
  configsOf,
  ConfigResourceType,
  EMPTY_IMAGE,
  MetadataLoader,
  topicById,
  topicByName,
} from '@ottla/metadata';
import type {
  MetadataBatch,
  MetadataDelta,
  MetadataImage,
  QuorumListener,
  SnapshotGenerator,
} from '@ottla/metadata';
import type { Logger, Platform } from '@ottla/platform';
import type { BrokerConfig } from '../config/broker-config.ts';
import type { EndPoint } from '../config/listeners.ts';
import { concernsTopics } from '../config/topic-config.ts';
import type { BrokerMetrics } from '../metrics/broker-metrics.ts';
import type { Purgatory } from '../purgatory/purgatory.ts';
import type { TimerWheel } from '../purgatory/timer-wheel.ts';
import { coordinatorElections } from '../replica/coordinator-log.ts';
import { Replicas } from '../replica/replicas.ts';
import { registerReplicationMetrics } from '../replica/replication-metrics.ts';
import { Replication } from '../replica/replication.ts';
import { BROKER_API_TABLE } from '../handlers/api-table.ts';
import { OFFSETS_TOPIC } from '../handlers/internal-topics.ts';
import { AutoTopicCreator } from './auto-topic-creation.ts';
import { BrokerLifecycle } from './broker-lifecycle.ts';
import type { BrokerServices } from './broker-services.ts';
import type { ClosingStack } from './closing-stack.ts';
import type { ControllerChannel } from './controller-channel.ts';
import { groupSettings } from './group-settings.ts';
import { MetadataCatchUp } from './metadata-catch-up.ts';
import { ProducerIdBlocks } from './producer-id-blocks.ts';
import { randomUuid } from './random-uuid.ts';
import type { Storage } from './storage.ts';
import { SUPPORTED_FEATURES } from './supported-features.ts';

export interface BrokerRoleOptions {
  readonly platform: Platform;
  readonly config: BrokerConfig;
  readonly logger: Logger;
  readonly closing: ClosingStack;
  readonly storage: Storage;
  readonly metrics: BrokerMetrics;
  readonly wheel: TimerWheel;
  readonly purgatory: Purgatory;
  /** For what clients and this broker ask of the controller. */
  readonly controller: ControllerChannel;
  /** For registration and heartbeats, which must not wait behind anything else. */
  readonly heartbeats: ControllerChannel;
  /** For what partitions ask (AlterPartition, AssignReplicasToDirs), which must not wait behind what clients ask. */
  readonly partitions: ControllerChannel;
  /** Sums the metadata log up; undefined where a controller in this process does. */
  readonly snapshots: Pick<SnapshotGenerator, 'handleCommit' | 'handleSnapshot'> | undefined;
  /** The finalized level now. */
  readonly kraftVersion: () => number;
  /** Whether so many controllers are gone that none of them can answer. */
  readonly isDeserted: () => Promise<boolean>;
  /** This broker's listeners as clients are told, ports filled in. */
  readonly advertised: () => readonly EndPoint[];
  /** The metadata and the partitions are there: what is asked from now on finds them. */
  readonly onLoaded: () => void;
  /** The broker cannot go on. */
  readonly onFatal: (error: unknown) => void;
}

/** Made before the listeners open; `start` once they are. */
export class BrokerRole {
  readonly services: BrokerServices;
  readonly lifecycle: BrokerLifecycle;
  readonly replicas: Replicas;
  readonly groups: GroupCoordinator;
  readonly #options: BrokerRoleOptions;
  readonly #loader: MetadataLoader;
  readonly #replication: Replication;
  readonly #catchUp: MetadataCatchUp;
  #isLoaded = false;
  /** Nothing may be opened any more: the directories are given up. */
  #isClosing = false;

  constructor(options: BrokerRoleOptions) {
    const { config, platform, storage, closing } = options;
    this.#options = options;
    this.#loader = new MetadataLoader((delta, image) => this.#publish(delta, image));
    const brokerEpoch = (): number => this.lifecycle.brokerEpoch;
    this.#replication = new Replication({
      ...options,
      controller: options.partitions,
      brokerEpoch,
      image: () => this.image,
      buffers: storage.buffers,
    });
    this.replicas = new Replicas({
      platform,
      logger: options.logger,
      brokerId: config.nodeId,
      brokerEpoch,
      directories: storage.directories,
      lostPaths: storage.lostPaths,
      purgatory: options.purgatory,
      topicConfig: (overrides) => config.topic(overrides),
      image: EMPTY_IMAGE,
      lagMaxMs: this.#replication.lagMaxMs,
      isrChanges: this.#replication.isrChanges,
      assignments: this.#replication.assignments,
      fetchers: this.#replication.fetchers,
      leaderQuota: this.#replication.leaderQuota,
    });
    registerReplicationMetrics(options.metrics, this.replicas, this.#replication);
    closing.add('the partitions', () => this.replicas.close());
    closing.add('replication', () => this.#replication.close());
    this.#catchUp = new MetadataCatchUp({
      timers: platform.timers,
      image: () => this.image,
      settled: () => this.replicas.settled(),
    });
    closing.add('those who wait for metadata', () => this.#catchUp.close());
    this.groups = this.#createGroups();
    closing.add('the group coordinator', () => this.groups.close());
    this.lifecycle = this.#createLifecycle();
    closing.add('the heartbeats', () => this.lifecycle.close());
    for (const directory of storage.directories) directory.brokerEpoch = brokerEpoch;
    this.services = this.#createServices();
    closing.add(
      'dynamic configs',
      config.onChange((changed) => {
        if (concernsTopics(changed)) this.replicas.reconfigure();
      }),
    );
    closing.add('the start of the broker', () => (this.#isClosing = true));
  }

  /** The newest metadata. */
  get image(): MetadataImage {
    return this.#loader.image;
  }

  /** What the quorum tells. */
  get listener(): QuorumListener {
    return {
      handleCommit: (batches) => this.#guard(() => this.#takeIn(batches)),
      handleSnapshot: (snapshot) => {
        this.#guard(() => this.#loader.handleSnapshot(snapshot));
        this.#options.snapshots?.handleSnapshot(snapshot.provenance.lastContainedOffset);
      },
      handleLeaderChange: () => {},
    };
  }

  /** Registers, catches up, opens the logs, and serves: resolves when clients find this broker, or when it is told to stop. */
  async start(): Promise<void> {
    const { brokerId } = this.services;
    await this.lifecycle.start();
    await this.#catchUp.reached(
      (image) => image.provenance.lastContainedOffset >= this.lifecycle.brokerEpoch,
    );
    if (this.#isClosing) return;
    this.#isLoaded = true;
    this.#applyDynamicConfigs();
    await this.replicas.load(this.image);
    if (this.#isClosing) return;
    this.#replication.start(this.replicas);
    this.replicas.listen(coordinatorElections(this.groups, OFFSETS_TOPIC));
    this.#options.onLoaded();
    await this.lifecycle.ready();
    await this.#catchUp.reached((image) => image.cluster.brokers.get(brokerId)?.fenced === false);
  }

  #takeIn(batches: readonly MetadataBatch[]): void {
    this.#loader.handleCommit(batches);
    if (this.#isClosing) return;
    const bytes = batches.reduce((sum, { sizeBytes = 0 }) => sum + sizeBytes, 0);
    this.#options.snapshots?.handleCommit(bytes, this.image);
  }

  #publish(delta: MetadataDelta, image: MetadataImage): void {
    if (this.#isLoaded && !this.#isClosing) {
      if (delta.changedConfigResources.some(({ type }) => type === ConfigResourceType.BROKER))
        this.#applyDynamicConfigs(image);
      void this.replicas.apply(delta, image);
      const deleted = [...delta.topics.deletedTopics.values()];
      if (deleted.length > 0)
        void this.groups.onTopicsDeleted(deleted.map(({ name, id }) => ({ name, id })));
    }
    this.lifecycle.caughtUp();
    // After the loader itself has taken the image over.
    void Promise.resolve().then(() => this.#catchUp.published());
  }

  #applyDynamicConfigs(image: MetadataImage = this.image): void {
    const { config, logger } = this.#options;
    const values = (name: string): ReadonlyMap<string, string> =>
      configsOf(image, { type: ConfigResourceType.BROKER, name });
    const refused = config.applyDynamic({
      cluster: values(''),
      broker: values(String(config.nodeId)),
    });
    if (refused.length > 0)
      logger.warn(`dynamic configs that this version cannot use: ${refused.join(', ')}`);
  }

  #guard(take: () => void): void {
    try {
      take();
    } catch (error) {
      this.#options.onFatal(error);
    }
  }

  #createGroups(): GroupCoordinator {
    const { platform, logger, config } = this.#options;
    return new GroupCoordinator({
      platform,
      logger,
      config: groupSettings(config),
      topics: {
        topicId: (name) => topicByName(this.image, name)?.id,
        topicName: (id) => topicById(this.image, id)?.name,
        partitionCount: (name) => topicByName(this.image, name)?.partitions.length ?? 0,
      },
      offsetsPartitionCount: () => topicByName(this.image, OFFSETS_TOPIC)?.partitions.length ?? 0,
    });
  }

  #createLifecycle(): BrokerLifecycle {
    const { platform, logger, config, storage, heartbeats, advertised } = this.#options;
    const incarnationId = randomUuid(platform.random);
    return new BrokerLifecycle({
      platform,
      logger,
      controller: heartbeats,
      registration: () => ({
        brokerId: config.nodeId,
        clusterId: storage.clusterId,
        incarnationId,
        listeners: advertised().map(({ listenerName: name, host, port }) => ({
          name,
          host,
          port,
          securityProtocol: PLAINTEXT,
        })),
        features: SUPPORTED_FEATURES.map((feature) => ({ ...feature })),
        rack: config.rack ?? null,
        isMigratingZkBroker: false,
        logDirs: [...storage.directoryIds],
        previousBrokerEpoch: cleanBrokerEpoch(storage),
      }),
      heartbeatIntervalMs: config.number('broker.heartbeat.interval.ms'),
      registrationTimeoutMs: config.number('initial.broker.registration.timeout.ms'),
      sessionTimeoutMs: config.number('broker.session.timeout.ms'),
      requestTimeoutMs: config.number('broker.session.timeout.ms') / 2,
      metadataOffset: () => this.image.provenance.lastContainedOffset,
      isDeserted: this.#options.isDeserted,
      offlineLogDirs: () =>
        storage.directoryIds.filter(
          (_, index) => storage.directories[index]?.failure !== undefined,
        ),
    });
  }

  #createServices(): BrokerServices {
    const { platform, logger, config, metrics, wheel, purgatory, storage, controller } =
      this.#options;
    const { kraftVersion } = this.#options;
    const brokerId = config.nodeId;
    const brokerEpoch = (): number => this.lifecycle.brokerEpoch;
    const image = (): MetadataImage => this.image;
    return {
      platform,
      logger,
      config,
      metrics,
      wheel,
      purgatory,
      brokerId,
      clusterId: storage.clusterId,
      get kraftVersion() {
        return kraftVersion();
      },
      brokerEpoch,
      image,
      advertised: this.#options.advertised,
      replicas: this.replicas,
      groups: this.groups,
      producerIds: new ProducerIdBlocks({ controller, brokerId, brokerEpoch, logger }),
      controller,
      catchUp: this.#catchUp,
      autoCreation: new AutoTopicCreator({
        config,
        controller,
        image,
        logger,
        catchUp: this.#catchUp,
      }),
      servedApiKeys: () => [...BROKER_API_TABLE.keys()],
    };
  }
}

/** Number of the only security protocol that is served. */
const PLAINTEXT = 0;

/** Epoch of the broker that closed all directories in order, or −1: then replicas may lack records that they had (KIP-966). */
function cleanBrokerEpoch({ directories }: Storage): number {
  const epochs = new Set(directories.map((directory) => directory.cleanBrokerEpoch));
  const [epoch = -1, ...others] = epochs;
  return others.length === 0 ? epoch : -1;
}

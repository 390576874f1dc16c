// The controller half of the process: the raft node on its log, the controller that decides, and what it tells.

import { Controller, ControllerDriver } from '@ottla/metadata';
import type { QuorumListener } from '@ottla/metadata';
import type { Logger, Platform } from '@ottla/platform';
import { QuorumNode, QuorumNodeError, QuorumRequests, VoterSet } from '@ottla/raft';
import type { QuorumEndpoint } from '@ottla/raft';
import type { BrokerConfig } from '../config/broker-config.ts';
import type { ControllerServices } from '../controller/controller-services.ts';
import { CONTROLLER_API_TABLE } from '../controller/controller-api-table.ts';
import type { EndPoint } from '../config/listeners.ts';
import type { ClosingStack } from './closing-stack.ts';
import { controllerConfigs } from './controller-configs.ts';
import { QuorumAdapter } from './quorum-adapter.ts';
import type { Storage } from './storage.ts';
import { SUPPORTED_FEATURES } from './supported-features.ts';

export interface ControllerRoleOptions {
  readonly platform: Platform;
  readonly config: BrokerConfig;
  readonly logger: Logger;
  readonly closing: ClosingStack;
  readonly storage: Storage;
  /** The controller cannot go on: its log failed or contradicts itself. */
  readonly onFatal: (error: unknown) => void;
}

/** Replicas of a topic that does not say, where the configuration does not either. */
const REPLICATION_DEFAULT = 1;

/** Opened by `open`; takes part in the quorum from `start` on. */
export class ControllerRole {
  readonly services: ControllerServices;
  readonly #quorum: QuorumAdapter;
  readonly #endpoints: QuorumEndpoint[];

  private constructor(
    services: ControllerServices,
    quorum: QuorumAdapter,
    endpoints: QuorumEndpoint[],
  ) {
    this.services = services;
    this.#quorum = quorum;
    this.#endpoints = endpoints;
  }

  /** Opens the metadata log. Nothing moves yet. */
  static async open(options: ControllerRoleOptions): Promise<ControllerRole> {
    const { platform, config, logger, closing, storage, onFatal } = options;
    const { clusterId } = storage;
    const self = { id: config.nodeId, directoryId: storage.directoryIds[0] };
    // Filled in by `start`, before the first leader writes them down.
    const endpoints: QuorumEndpoint[] = [];
    const node = await QuorumNode.open({
      platform,
      logger,
      logs: storage.directories[0],
      clusterId,
      self,
      // For logs from before voters were in them (`kraft.version` 0); what the log says goes before.
      staticVoters: new VoterSet([{ ...self, endpoints }]),
      endpoints,
      log: { segmentBytes: config.number('metadata.log.segment.bytes') },
      onFailure: onFatal,
    });
    closing.add('the quorum', () => node.close());
    const quorum = new QuorumAdapter(node);
    const driver = createDriver(options, quorum, node);
    closing.add('the controller', () => driver.close());
    driver.start();
    const services: ControllerServices = {
      logger,
      nodeId: config.nodeId,
      clusterId,
      driver,
      quorum: new QuorumRequests(node, platform, clusterId),
      get kraftVersion() {
        return node.kraftVersion;
      },
      servedApiKeys: () => [...CONTROLLER_API_TABLE.keys()],
    };
    return new ControllerRole(services, quorum, endpoints);
  }

  /** Tells `listener` what is committed, after the controller itself. Before `start`. */
  listen(listener: QuorumListener): void {
    this.#quorum.register(listener);
  }

  /** @param endPoints where the controller's listeners are reached */
  start(endPoints: readonly EndPoint[]): void {
    for (const { listenerName: name, host, port } of endPoints)
      this.#endpoints.push({ name, host, port });
    this.#quorum.start();
  }
}

function createDriver(
  { platform, config, logger, storage, onFatal }: ControllerRoleOptions,
  quorum: QuorumAdapter,
  node: QuorumNode,
): ControllerDriver {
  const sessionTimeoutMs = config.number('broker.session.timeout.ms');
  const controller = new Controller({
    clusterId: storage.clusterId,
    nodeId: config.nodeId,
    random: platform.random,
    configs: controllerConfigs(config),
    bootstrap: storage.bootstrap,
    sessionTimeoutMs,
    defaultNumPartitions: config.number('num.partitions'),
    defaultReplicationFactor: () =>
      config.isGiven('default.replication.factor')
        ? config.number('default.replication.factor')
        : REPLICATION_DEFAULT,
    deleteTopicEnable: config.boolean('delete.topic.enable'),
    kraftVersion: () => node.kraftVersion,
    upgradeKraftVersion: (level, { validateOnly }) =>
      refusalOf(() => node.upgradeKraftVersion(node.core.epoch, level, validateOnly)),
    supportedFeatures: SUPPORTED_FEATURES,
    voterIds: () => node.core.voters.ids,
  });
  return new ControllerDriver({
    controller,
    quorum,
    clock: platform.clock,
    timers: platform.timers,
    logger,
    fenceIntervalMs: sessionTimeoutMs / 8,
    idleIntervalMs: config.number('metadata.max.idle.interval.ms'),
    leaderImbalanceCheckIntervalMs: config.boolean('auto.leader.rebalance.enable')
      ? config.number('leader.imbalance.check.interval.seconds') * 1000
      : 0,
    uncleanElectionIntervalMs: config.number('unclean.leader.election.interval.ms'),
    snapshots: {
      bytesMax: config.number('metadata.log.max.record.bytes.between.snapshots'),
      intervalMsMax: config.number('metadata.log.max.snapshot.interval.ms'),
    },
    onFatal,
  });
}

/** Why the raft layer refused, or undefined when it did not. */
function refusalOf(change: () => void): string | undefined {
  try {
    change();
    return undefined;
  } catch (error) {
    if (error instanceof QuorumNodeError) return error.message;
    throw error;
  }
}

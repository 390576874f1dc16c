// The controller half of the process: the controller that decides while its node leads the quorum, and what its listener
// serves. Kafka: ControllerServer.

import { Controller, ControllerDriver } from '@ottla/metadata';
import type { Logger, Platform } from '@ottla/platform';
import { QuorumNodeError, QuorumRequests } from '@ottla/raft';
import type { BrokerConfig } from '../config/broker-config.ts';
import type { ControllerServices } from '../controller/controller-services.ts';
import { CONTROLLER_API_TABLE } from '../controller/controller-api-table.ts';
import {
  OFFSETS_TOPIC,
  SHARE_STATE_TOPIC,
  TRANSACTIONS_TOPIC,
} from '../handlers/internal-topics.ts';
import type { ClosingStack } from './closing-stack.ts';
import { controllerConfigs } from './controller-configs.ts';
import type { QuorumMember } from './quorum-member.ts';
import { snapshotThresholds } from './snapshot-thresholds.ts';
import type { Storage } from './storage.ts';
import { SUPPORTED_FEATURES } from './supported-features.ts';

export interface ControllerRoleOptions {
  readonly platform: Platform;
  readonly config: BrokerConfig;
  readonly logger: Logger;
  readonly closing: ClosingStack;
  readonly storage: Storage;
  readonly member: QuorumMember;
  /** The controller cannot go on: its log failed or contradicts itself. */
  readonly onFatal: (error: unknown) => void;
}

/** Decides from when the quorum that its member belongs to has made it the leader. */
export class ControllerRole {
  readonly services: ControllerServices;

  /** Before the member starts, and the first to listen to it. */
  constructor(options: ControllerRoleOptions) {
    const { platform, config, logger, closing, storage, member } = options;
    const { node } = member;
    const driver = createDriver(options);
    closing.add('the controller', () => driver.close());
    driver.start();
    this.services = {
      logger,
      nodeId: config.nodeId,
      clusterId: storage.clusterId,
      driver,
      quorum: new QuorumRequests(node, platform, storage.clusterId),
      get kraftVersion() {
        return node.kraftVersion;
      },
      servedApiKeys: () => [...CONTROLLER_API_TABLE.keys()],
    };
  }
}

function createDriver(options: ControllerRoleOptions): ControllerDriver {
  const { platform, config, logger, storage, member, onFatal } = options;
  const { node } = member;
  const sessionTimeoutMs = config.number('broker.session.timeout.ms');
  const controller = new Controller({
    clusterId: storage.clusterId,
    nodeId: config.nodeId,
    random: platform.random,
    configs: controllerConfigs(config),
    bootstrap: storage.bootstrap,
    sessionTimeoutMs,
    defaultNumPartitions: config.number('num.partitions'),
    defaultReplicationFactor: (registeredBrokers) =>
      config.isGiven('default.replication.factor')
        ? config.number('default.replication.factor')
        : Math.min(registeredBrokers, config.number('ottla.default.replication.factor.max')),
    deleteTopicEnable: config.boolean('delete.topic.enable'),
    kraftVersion: () => node.kraftVersion,
    upgradeKraftVersion: (level, { validateOnly }) =>
      refusalOf(() => node.upgradeKraftVersion(node.core.epoch, level, validateOnly)),
    supportedFeatures: SUPPORTED_FEATURES,
    voterIds: () => node.core.voters.ids,
    growingTopics: () => growingTopics(config),
  });
  return new ControllerDriver({
    controller,
    quorum: member.adapter,
    clock: platform.clock,
    timers: platform.timers,
    logger,
    fenceIntervalMs: sessionTimeoutMs / 8,
    idleIntervalMs: config.number('metadata.max.idle.interval.ms'),
    leaderImbalanceCheckIntervalMs: config.boolean('auto.leader.rebalance.enable')
      ? config.number('leader.imbalance.check.interval.seconds') * 1000
      : 0,
    leaderBalanceDelayMs: config.number('ottla.leader.balance.delay.ms'),
    uncleanElectionIntervalMs: config.number('unclean.leader.election.interval.ms'),
    snapshots: snapshotThresholds(config),
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

/** Internal topics, by the key that says how many replicas they have. */
const REPLICATION_KEYS = new Map([
  ['offsets.topic.replication.factor', OFFSETS_TOPIC],
  ['transaction.state.log.replication.factor', TRANSACTIONS_TOPIC],
  ['share.coordinator.state.topic.replication.factor', SHARE_STATE_TOPIC],
]);

/** Those of them that nobody configured. */
function growingTopics(config: BrokerConfig): readonly string[] {
  return [...REPLICATION_KEYS].filter(([key]) => !config.isGiven(key)).map(([, topic]) => topic);
}

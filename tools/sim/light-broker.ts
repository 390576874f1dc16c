// A broker without data: the real lifecycle (registration, heartbeats) over the real channel to the real controllers, on a
// machine of its own, with the metadata that one whole broker reads for all of them. Where it leads, it vouches at once for
// replicas that a reassignment adds.
import type { ServerParts } from '../../apps/broker/test/server-parts.ts';
import { type Platform, silentLogger } from '@ottla/platform';
import type { SimulatedNode, Simulation } from '@ottla/platform/simulated';
import {
  alterPartitionRequest,
  alterPartitionResponse,
} from '@ottla/protocol/messages/alter-partition';
import { brokerRegistrationRequest } from '@ottla/protocol/messages/broker-registration';
import { BrokerLifecycle } from '../../apps/broker/src/server/broker-lifecycle.ts';
import {
  type ActiveController,
  ConnectedChannel,
} from '../../apps/broker/src/server/controller-channel.ts';
import { randomUuid } from '../../apps/broker/src/server/random-uuid.ts';
import { SUPPORTED_FEATURES } from '../../apps/broker/src/server/supported-features.ts';

const REQUEST_TIMEOUT_MS = 10_000;

export interface LightBrokerOptions {
  readonly simulation: Simulation;
  readonly nodeId: number;
  readonly clusterId: string;
  readonly heartbeatIntervalMs: number;
  /** The whole broker whose eyes these use. */
  readonly eyes: () => ServerParts;
}

/** A partition to whose ISR somebody is to be added. */
export interface WantedIsr {
  readonly topicId: string;
  readonly partition: number;
  readonly leaderEpoch: number;
  readonly partitionEpoch: number;
  readonly isr: readonly { readonly brokerId: number; readonly brokerEpoch: number }[];
}

export class LightBroker {
  readonly nodeId: number;
  readonly node: SimulatedNode;
  readonly #lifecycle: BrokerLifecycle;
  readonly #channel: ConnectedChannel;

  constructor(options: LightBrokerOptions) {
    const { simulation, nodeId, clusterId, heartbeatIntervalMs, eyes } = options;
    this.nodeId = nodeId;
    this.node = simulation.node(`broker-${nodeId}`);
    const { platform } = this.node;
    this.#channel = new ConnectedChannel({
      platform,
      logger: silentLogger,
      clientId: `light-${nodeId}`,
      activeController: () => controllerSeenBy(eyes(), platform),
      timeoutMs: REQUEST_TIMEOUT_MS,
    });
    const incarnationId = randomUuid(platform.random);
    const directoryId = randomUuid(platform.random);
    this.#lifecycle = new BrokerLifecycle({
      platform,
      logger: silentLogger,
      controller: this.#channel,
      registration: () =>
        brokerRegistrationRequest.create({
          brokerId: nodeId,
          clusterId,
          incarnationId,
          listeners: [{ name: 'PLAINTEXT', host: this.node.name, port: 9092, securityProtocol: 0 }],
          features: SUPPORTED_FEATURES.map((feature) => ({ ...feature })),
          logDirs: [directoryId],
        }),
      heartbeatIntervalMs,
      registrationTimeoutMs: 60_000,
      sessionTimeoutMs: 2 * REQUEST_TIMEOUT_MS,
      requestTimeoutMs: REQUEST_TIMEOUT_MS,
      isDeserted: () => Promise.resolve(false),
      metadataOffset: () => eyes().broker?.image.provenance.lastContainedOffset ?? -1,
      offlineLogDirs: () => [],
    });
  }

  /** Resolves when the controller counts it in. */
  async start(): Promise<void> {
    await this.#lifecycle.start();
    await this.#lifecycle.ready();
  }

  get brokerEpoch(): number {
    return this.#lifecycle.brokerEpoch;
  }

  /** As the leader of these partitions: asks for larger ISRs. */
  async propose(wanted: readonly WantedIsr[]): Promise<void> {
    const topics = Map.groupBy(wanted, ({ topicId }) => topicId);
    const request = alterPartitionRequest.create({
      brokerId: this.nodeId,
      brokerEpoch: this.brokerEpoch,
      topics: [...topics].map(([topicId, partitions]) => ({
        topicId,
        partitions: partitions.map(({ partition, leaderEpoch, partitionEpoch, isr }) => ({
          partitionIndex: partition,
          leaderEpoch,
          partitionEpoch,
          newIsr: [],
          newIsrWithEpochs: isr.map((member) => ({ ...member })),
          leaderRecoveryState: 0,
        })),
      })),
    });
    await this.#channel.send(alterPartitionRequest, alterPartitionResponse, request);
  }
}

function controllerSeenBy(
  { quorum }: ServerParts,
  platform: Platform,
): ActiveController | undefined {
  const { leader, core } = quorum;
  const [endpoint] = leader?.endpoints ?? [];
  if (leader === undefined || endpoint === undefined) return undefined;
  const { host, port } = endpoint;
  return {
    key: `${leader.id}/${core.epoch}`,
    connect: (signal) => platform.net.connect({ host, port, signal }),
  };
}

// This node's part in the metadata quorum: a voter when it is a controller, an observer that only follows when it is a
// broker. Kafka: KafkaRaftManager, SharedServer.

import type { QuorumListener } from '@ottla/metadata';
import { type Connection, type Logger, NetError, type Platform } from '@ottla/platform';
import { ZERO_UUID } from '@ottla/protocol';
import { QuorumNode, VoterSet } from '@ottla/raft';
import type { QuorumEndpoint, QuorumNodeOptions, Voter } from '@ottla/raft';
import type { BrokerConfig } from '../config/broker-config.ts';
import type { BrokerMetrics } from '../metrics/broker-metrics.ts';
import type { EndPoint } from '../config/listeners.ts';
import type { ClosingStack } from './closing-stack.ts';
import { ClusterLog } from './cluster-log.ts';
import type { ActiveController } from './controller-channel.ts';
import { NetRaftTransport } from './net-raft-transport.ts';
import { connectTo } from './peer.ts';
import { QuorumAdapter } from './quorum-adapter.ts';
import { quorumMeasures, registerQuorumMetrics } from './quorum-metrics.ts';
import type { Storage } from './storage.ts';
import { VoterLog } from './voter-log.ts';

export interface QuorumMemberOptions {
  readonly platform: Platform;
  readonly config: BrokerConfig;
  readonly logger: Logger;
  readonly closing: ClosingStack;
  readonly storage: Storage;
  readonly metrics: BrokerMetrics;
  /** The node cannot go on: its metadata log failed or contradicts itself. */
  readonly onFatal: (error: unknown) => void;
}

/** How long it may take to hear that somebody listens; who is silent for longer is not taken for gone. */
const KNOCK_TIMEOUT_MS = 500;

/** Opened by `open`; takes part from `start` on. */
export class QuorumMember {
  readonly node: QuorumNode;
  readonly adapter: QuorumAdapter;
  readonly #options: QuorumMemberOptions;
  readonly #endpoints: QuorumEndpoint[];

  private constructor(options: QuorumMemberOptions, node: QuorumNode, endpoints: QuorumEndpoint[]) {
    this.#options = options;
    this.node = node;
    this.adapter = new QuorumAdapter(node);
    this.#endpoints = endpoints;
  }

  /** Opens the metadata log. Nothing moves yet. */
  static async open(options: QuorumMemberOptions): Promise<QuorumMember> {
    const { closing, platform, config, metrics } = options;
    const transport = new NetRaftTransport({
      platform,
      clientId: `ottla-raft-${config.nodeId}`,
      listenerName: config.controllerListenerNames[0] ?? '',
      setupTimeoutMs: config.number('socket.connection.setup.timeout.ms'),
    });
    closing.add('the connections to other controllers', () => transport.close());
    // Filled in by `start`, before the first leader writes them down.
    const endpoints: QuorumEndpoint[] = [];
    const measures = quorumMeasures(metrics);
    const node = await QuorumNode.open({ ...nodeOptions(options), transport, endpoints, measures });
    closing.add('the quorum', () => node.close());
    registerQuorumMetrics(metrics, node);
    return new QuorumMember(options, node, endpoints);
  }

  /** Tells `listener` what is committed, after those who asked earlier. Before `start`. */
  listen(listener: QuorumListener): void {
    this.adapter.register(listener);
  }

  /** @param endPoints where the controller's listeners are reached; none without that role */
  start(endPoints: readonly EndPoint[]): void {
    for (const { listenerName: name, host, port } of endPoints)
      this.#endpoints.push({ name, host, port });
    const { logger, config } = this.#options;
    // Last: it tells of what the others have taken in.
    this.adapter.register(new ClusterLog(logger, config.nodeId));
    const { core, log } = this.node;
    const voterLog = new VoterLog(logger, log.voterHistory, core.voters, log.endOffset);
    this.node.onChange(() => voterLog.look(core.highWatermark));
    this.adapter.start();
  }

  /**
   * Gives leadership up before this node reads no requests any more: others lead at once, and what waits for a commit is
   * answered. Whoever votes alone stays, and commits to its end.
   */
  resign(): void {
    const { core } = this.node;
    if (core.voters.voters.length > 1) this.node.resign(core.epoch);
  }

  /** Whether nobody listens any more where so many voters were that the rest cannot elect a leader. */
  async isDeserted(): Promise<boolean> {
    const { voters, self } = this.node.core;
    const others = await Promise.all(voters.without(self.id).map((voter) => this.#isGone(voter)));
    return voters.voters.length - others.filter((isGone) => isGone).length < voters.majority;
  }

  async #isGone(voter: Voter): Promise<boolean> {
    const endpoint = this.#endpointOf(voter);
    if (endpoint === undefined) return false;
    try {
      const connect = connectTo(this.#options.platform, endpoint, KNOCK_TIMEOUT_MS);
      (await connect(new AbortController().signal)).destroy();
      return false;
    } catch (error) {
      return error instanceof NetError && error.code === 'ECONNREFUSED';
    }
  }

  #endpointOf({ endpoints }: Voter): QuorumEndpoint | undefined {
    const [listenerName] = this.#options.config.controllerListenerNames;
    return endpoints.find(({ name }) => name === listenerName) ?? endpoints[0];
  }

  /**
   * Who leads the quorum, which makes it the active controller, and the way to it; undefined while nobody is known to.
   *
   * @param connectHere opens a connection inside this process, for when it is this node
   */
  activeController(connectHere: () => Connection): ActiveController | undefined {
    const { leader, core } = this.node;
    if (leader === undefined) return undefined;
    const key = `${leader.id}/${core.epoch}`;
    if (leader.id === core.self.id) return { key, connect: () => Promise.resolve(connectHere()) };
    const endpoint = this.#endpointOf(leader);
    if (endpoint === undefined) return undefined;
    const { platform, config } = this.#options;
    const setupTimeoutMs = config.number('socket.connection.setup.timeout.ms');
    return { key, connect: connectTo(platform, endpoint, setupTimeoutMs), setupTimeoutMs };
  }
}

function nodeOptions(options: QuorumMemberOptions): QuorumNodeOptions {
  const { platform, config, logger, storage, onFatal } = options;
  const staticVoters = staticVotersOf(options);
  const [name = ''] = config.controllerListenerNames;
  return {
    platform,
    logger,
    logs: storage.directories[0],
    clusterId: storage.clusterId,
    self: { id: config.nodeId, directoryId: storage.directoryIds[0] },
    ...(staticVoters === undefined ? {} : { staticVoters }),
    bootstrapServers: config.quorumBootstrapServers.map((address) => ({ name, ...address })),
    times: {
      electionTimeoutMs: config.number('controller.quorum.election.timeout.ms'),
      fetchTimeoutMs: config.number('controller.quorum.fetch.timeout.ms'),
      requestTimeoutMs: config.number('controller.quorum.request.timeout.ms'),
      retryBackoffMs: config.number('controller.quorum.retry.backoff.ms'),
    },
    fetchSizes: {
      logBytesMax: config.number('controller.quorum.fetch.max.bytes'),
      snapshotBytesMax: config.number('controller.quorum.fetch.snapshot.max.bytes'),
    },
    autoJoin: config.boolean('controller.quorum.auto.join.enable'),
    log: {
      segmentBytes: config.number('metadata.log.segment.bytes'),
      segmentMs: config.number('metadata.log.segment.ms'),
      retentionBytes: config.number('metadata.max.retention.bytes'),
      retentionMs: config.number('metadata.max.retention.ms'),
    },
    onFailure: onFatal,
  };
}

/** `controller.quorum.voters`, where it is given: who votes as long as the log does not say. */
function staticVotersOf({ config }: QuorumMemberOptions): VoterSet | undefined {
  const { staticVoters } = config;
  const [name = ''] = config.controllerListenerNames;
  if (staticVoters.length === 0) return undefined;
  return new VoterSet(
    staticVoters.map(({ id, host, port }) => ({
      id,
      directoryId: ZERO_UUID,
      endpoints: [{ name, host, port }],
    })),
  );
}

// What one broker does to keep its replicas together with those of the others: fetches from leaders, asks for changes of
// the ISR, looks now and then who lags. Kafka: the background half of ReplicaManager.
import type { BufferPool } from '@ottla/log';
import type { MetadataImage } from '@ottla/metadata';
import { type Logger, NetError, type Platform, type Timer } from '@ottla/platform';
import type { BrokerConfig } from '../config/broker-config.ts';
import type { ControllerChannel } from '../server/controller-channel.ts';
import { RequestConnection } from '../server/request-connection.ts';
import { DirectoryAssignments } from './directory-assignments.ts';
import { IsrChanges } from './isr-changes.ts';
import type { LeaderConnection, ReplicaFetchSettings } from './replica-fetcher.ts';
import { ReplicaFetchers } from './replica-fetchers.ts';
import type { Partition } from './partition.ts';
import type { Replicas } from './replicas.ts';
import { ReplicationQuota } from './replication-quota.ts';

export interface ReplicationOptions {
  readonly platform: Platform;
  readonly logger: Logger;
  readonly config: BrokerConfig;
  readonly controller: Pick<ControllerChannel, 'send'>;
  readonly brokerEpoch: () => number;
  readonly image: () => MetadataImage;
  /** Where answers of leaders are put until the logs have written them. */
  readonly buffers: BufferPool;
}

/** Bytes of an answer that are no records. */
const RESPONSE_OVERHEAD_BYTES_MAX = 16 * 1024 * 1024;

/** Give its parts to `Replicas`, then `start` it. */
export class Replication {
  readonly isrChanges: IsrChanges;
  readonly assignments: DirectoryAssignments;
  readonly fetchers: ReplicaFetchers;
  /** Of what this broker gives to followers. */
  readonly leaderQuota: ReplicationQuota;
  /** Of what it takes from leaders. */
  readonly followerQuota: ReplicationQuota;
  /** `replica.lag.time.max.ms` */
  readonly lagMaxMs: number;
  readonly #options: ReplicationOptions;
  #timer: Timer | undefined;
  #isClosed = false;

  constructor(options: ReplicationOptions) {
    const { platform, logger, config, controller, brokerEpoch } = options;
    const brokerId = config.nodeId;
    this.#options = options;
    this.lagMaxMs = config.number('replica.lag.time.max.ms');
    const asking = { platform, logger, brokerId, brokerEpoch, controller };
    this.isrChanges = new IsrChanges(asking);
    this.assignments = new DirectoryAssignments(asking);
    this.leaderQuota = quota(
      options,
      'leader.replication.throttled.rate',
      ({ config: own }) => own.leaderThrottledReplicas,
    );
    this.followerQuota = quota(
      options,
      'follower.replication.throttled.rate',
      ({ config: own }) => own.followerThrottledReplicas,
    );
    this.fetchers = new ReplicaFetchers({
      platform,
      logger,
      brokerId,
      brokerEpoch,
      settings: fetchSettings(config),
      throttle: this.followerQuota,
      connect: (leaderId, signal) => this.#connect(leaderId, signal),
    });
  }

  /** Looks every half of `replica.lag.time.max.ms` who lags. */
  start(replicas: Pick<Replicas, 'shrinkIsrs'>): void {
    if (this.#isClosed) return;
    this.#timer = this.#options.platform.timers.set(this.lagMaxMs / 2, () => {
      replicas.shrinkIsrs();
      this.start(replicas);
    });
  }

  /** Resolves when nothing is under way any more. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#timer?.cancel();
    this.isrChanges.close();
    this.assignments.close();
    await this.fetchers.close();
  }

  /** Where the leader is reached may change with every start of it: the newest metadata is asked each time. */
  async #connect(leaderId: number, signal: AbortSignal): Promise<LeaderConnection> {
    const { platform, config, image, buffers } = this.#options;
    const broker = image().cluster.brokers.get(leaderId);
    const endPoint = broker?.endPoints.find(({ name }) => name === config.interBrokerListenerName);
    if (endPoint === undefined)
      throw new NetError(
        'EHOSTUNREACH',
        `broker ${leaderId} has no listener ${config.interBrokerListenerName}`,
      );
    const { host, port } = endPoint;
    const timeoutMs = config.number('socket.connection.setup.timeout.ms');
    const connection = await platform.net.connect({ host, port, timeoutMs, signal });
    return new RequestConnection(connection, `broker-${config.nodeId}-fetcher-0`, {
      lease: (sizeBytes) => buffers.lease(sizeBytes),
      responseBytesMax: responseBytesMax(config),
    });
  }
}

/**
 * One batch is given whole, however large. It is no larger than the request that brought it, or than what the leader may make
 * of that where the topic is stored with another compression.
 */
export function responseBytesMax(config: BrokerConfig): number {
  const largest = Math.max(
    config.number('replica.fetch.response.max.bytes'),
    config.number('socket.request.max.bytes'),
    config.number('ottla.decompressed.batch.max.bytes'),
  );
  return largest + RESPONSE_OVERHEAD_BYTES_MAX;
}

function fetchSettings(config: BrokerConfig): ReplicaFetchSettings {
  return {
    waitMaxMs: config.number('replica.fetch.wait.max.ms'),
    bytesMin: config.number('replica.fetch.min.bytes'),
    partitionBytesMax: config.number('replica.fetch.max.bytes'),
    serveConsumers: config.raw('replica.selector.class') !== null,
    responseBytesMax: config.number('replica.fetch.response.max.bytes'),
    backoffMs: config.number('replica.fetch.backoff.ms'),
    timeoutMs: config.number('replica.socket.timeout.ms'),
  };
}

function quota(
  { platform, config }: ReplicationOptions,
  rateKey: string,
  throttled: (partition: Partition) => readonly string[],
): ReplicationQuota {
  return new ReplicationQuota({
    nowMs: () => platform.clock.monotonicMs(),
    windowMs: config.number('replication.quota.window.size.seconds') * 1000,
    windows: config.number('replication.quota.window.num'),
    // What Kafka writes for no bound is larger than any number that is exact.
    rate: () => {
      const rate = config.number(rateKey);
      return rate >= Number.MAX_SAFE_INTEGER ? Infinity : rate;
    },
    throttled,
    brokerId: config.nodeId,
  });
}

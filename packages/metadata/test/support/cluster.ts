// A controller under test with a log in memory: what it decides is appended, replayed and committed
// at once, unless the test says otherwise.
import {
  type ControllerConfigs,
  Controller,
  type ControllerOperation,
  type ControllerOptions,
  type ControllerRequest,
  type ControllerResponse,
  type ControllerResult,
  createBootstrap,
  type MetadataBatch,
  type MetadataRecord,
  type PartitionImage,
  partitionOf,
} from '../../src/index.ts';

/** Pseudo-random numbers from a seed (mulberry32). */
export function seededRandom(seed: number): ControllerOptions['random'] {
  let state = seed;
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return (t ^ (t >>> 14)) >>> 0;
  };
  return {
    below: (bound) => next() % bound,
    bytes: (length) => Buffer.from(Array.from({ length }, () => next() & 0xff)),
  };
}

/** Two list keys, one number, two topic configs that the controller itself looks at. */
export const testConfigs: ControllerConfigs = {
  validate(_resource, configs) {
    const retention = configs.get('retention.ms');
    if (retention === undefined || /^-?\d+$/.test(retention)) return undefined;
    return `Invalid value ${retention} for configuration retention.ms: Not a number of type LONG`;
  },
  isList: (_type, name) => name === 'cleanup.policy' || name === 'metrics',
  defaultValue: (_type, name) => (name === 'cleanup.policy' ? 'delete' : null),
  effectiveTopicConfigs: ({ topic }) => [
    {
      name: 'retention.ms',
      value: topic.get('retention.ms') ?? '604800000',
      readOnly: false,
      configSource: topic.has('retention.ms') ? 1 : 5,
      isSensitive: false,
    },
  ],
  effectiveTopicConfig: (name, { topic, node, cluster }) =>
    topic.get(name) ?? node.get(name) ?? cluster.get(name) ?? null,
};

/** What every node of these tests supports. */
export const TEST_FEATURES = [
  { name: 'metadata.version', minSupportedVersion: 7, maxSupportedVersion: 30 },
  { name: 'kraft.version', minSupportedVersion: 0, maxSupportedVersion: 1 },
  { name: 'eligible.leader.replicas.version', minSupportedVersion: 0, maxSupportedVersion: 1 },
];

/** Id of the log directory of a broker in these tests. */
export function directoryOf(brokerId: number): string {
  return Buffer.alloc(16, 0x40 + brokerId).toString('base64url');
}

/** Incarnation id of the nth start of a broker. */
export function incarnationOf(brokerId: number, start = 0): string {
  const bytes = Buffer.alloc(16, 0x80 + brokerId);
  bytes.writeUInt32BE(start, 0);
  return bytes.toString('base64url');
}

type AlteredPartition = ControllerRequest<'alterPartition'>['topics'][number]['partitions'][number];

export const CLUSTER_ID = 'Xv1nY2oKTLCfDrVp7mJ4wA';

export class TestCluster {
  readonly controller: Controller;
  /** Every batch that was appended. */
  readonly log: MetadataBatch[] = [];
  nowMs = 1_000_000;
  epoch = 1;
  nextOffset = 0;

  constructor(options: Partial<ControllerOptions> = {}, seed = 1) {
    this.controller = new Controller({
      clusterId: CLUSTER_ID,
      nodeId: 100,
      random: seededRandom(seed),
      configs: testConfigs,
      bootstrap: createBootstrap(),
      supportedFeatures: TEST_FEATURES,
      ...options,
    });
    this.append(this.controller.activate(this.nowMs));
  }

  /**
   * Appends and replays, and commits unless told not to; what takes more than one turn is taken to its end.
   *
   * @returns the last part
   */
  append<R>(result: ControllerResult<R>, commit = true): ControllerResult<R> {
    this.appendPart(result, commit);
    return result.rest === undefined ? result : this.finish(result, commit);
  }

  /** Appends one part only. */
  appendPart(result: ControllerResult<unknown>, commit = true): void {
    if (result.records.length > 0) this.appendRecords(result.records);
    result.onAppended?.(this.nextOffset - 1);
    if (commit) this.controller.commit(this.nextOffset - 1);
  }

  /** Decides and appends everything after a part that was appended. */
  finish<R>({ rest }: ControllerResult<R>, commit = true): ControllerResult<R> {
    if (rest === undefined) throw new Error('that was the last part');
    return this.append(this.controller.resume(rest, this.moment), commit);
  }

  appendRecords(records: readonly MetadataRecord[]): void {
    const batch = {
      baseOffset: this.nextOffset,
      epoch: this.epoch,
      appendTimestampMs: this.nowMs,
      records,
    };
    this.controller.replay(batch);
    this.log.push(batch);
    this.nextOffset += records.length;
  }

  /** Decides on a request and appends what comes of it. */
  handle<O extends ControllerOperation>(
    operation: O,
    request: ControllerRequest<O>,
    apiVersion = 7,
  ): ControllerResponse<O> {
    return this.append(this.decide(operation, request, apiVersion)).response;
  }

  /** Decides on a request only. */
  decide<O extends ControllerOperation>(
    operation: O,
    request: ControllerRequest<O>,
    apiVersion = 7,
  ): ControllerResult<ControllerResponse<O>> {
    return this.controller.handle(operation, request, { apiVersion }, this.moment);
  }

  get moment(): { nowMs: number; nextOffset: number } {
    return { nowMs: this.nowMs, nextOffset: this.nextOffset };
  }

  get image(): Controller['latest'] {
    return this.controller.latest;
  }

  /** Registers a broker; it stays fenced. */
  register(
    brokerId: number,
    changes: Partial<ControllerRequest<'registerBroker'>> = {},
  ): ControllerResponse<'registerBroker'> {
    return this.handle('registerBroker', this.registration(brokerId, changes));
  }

  registration(
    brokerId: number,
    changes: Partial<ControllerRequest<'registerBroker'>> = {},
  ): ControllerRequest<'registerBroker'> {
    return {
      brokerId,
      clusterId: CLUSTER_ID,
      incarnationId: incarnationOf(brokerId),
      listeners: [
        { name: 'PLAINTEXT', host: 'localhost', port: 9092 + brokerId, securityProtocol: 0 },
      ],
      features: TEST_FEATURES,
      rack: null,
      isMigratingZkBroker: false,
      logDirs: [directoryOf(brokerId)],
      previousBrokerEpoch: -1,
      ...changes,
    };
  }

  /** A heartbeat of a broker that has read everything and wants to serve. */
  heartbeat(
    brokerId: number,
    changes: Partial<ControllerRequest<'brokerHeartbeat'>> = {},
  ): ControllerResponse<'brokerHeartbeat'> {
    return this.handle('brokerHeartbeat', this.beat(brokerId, changes));
  }

  beat(
    brokerId: number,
    changes: Partial<ControllerRequest<'brokerHeartbeat'>> = {},
  ): ControllerRequest<'brokerHeartbeat'> {
    return {
      brokerId,
      brokerEpoch: this.image.cluster.brokers.get(brokerId)?.brokerEpoch ?? -1,
      currentMetadataOffset: this.nextOffset - 1,
      wantFence: false,
      wantShutDown: false,
      offlineLogDirs: [],
      cordonedLogDirs: null,
      ...changes,
    };
  }

  /** Registers and unfences brokers. */
  startBrokers(...brokerIds: number[]): this {
    for (const brokerId of brokerIds) {
      this.register(brokerId);
      this.heartbeat(brokerId);
    }
    return this;
  }

  createTopic(
    name: string,
    changes: Partial<ControllerRequest<'createTopics'>['topics'][number]> = {},
    validateOnly = false,
  ): ControllerResponse<'createTopics'>['topics'][number] {
    const topic = {
      name,
      numPartitions: 1,
      replicationFactor: 1,
      assignments: [],
      configs: [],
      ...changes,
    };
    const { topics } = this.handle('createTopics', {
      topics: [topic],
      timeoutMs: 1000,
      validateOnly,
    });
    const [result] = topics;
    if (result === undefined) throw new Error('no result');
    return result;
  }

  /** The leader of a partition asks for another ISR; returns the error code of the partition or the request. */
  alterIsr(
    topicName: string,
    isr: readonly number[],
    changes: Partial<AlteredPartition> & { readonly partitionId?: number } = {},
  ): number {
    const { partitionId = 0, ...fields } = changes;
    const { leader, leaderEpoch, partitionEpoch } = this.partition(topicName, partitionId);
    const { errorCode, topics } = this.handle('alterPartition', {
      brokerId: leader,
      brokerEpoch: this.image.cluster.brokers.get(leader)?.brokerEpoch ?? -1,
      topics: [
        {
          topicId: this.image.topics.byName.get(topicName)?.id ?? '',
          partitions: [
            {
              partitionIndex: partitionId,
              leaderEpoch,
              newIsr: [],
              newIsrWithEpochs: isr.map((brokerId) => ({ brokerId, brokerEpoch: -1 })),
              leaderRecoveryState: 0,
              partitionEpoch,
              ...fields,
            },
          ],
        },
      ],
    });
    return topics[0]?.partitions[0]?.errorCode ?? errorCode;
  }

  /** Fences whoever was silent for too long. */
  fenceStale(): void {
    while (this.append(this.controller.fenceOneStaleBroker(this.moment)).response);
  }

  partition(topicName: string, partitionId = 0): PartitionImage {
    const partition = partitionOf(this.image, topicName, partitionId);
    if (partition === undefined) throw new Error(`no partition ${topicName}-${partitionId}`);
    return partition;
  }
}

/** Replicas by partition, as CreateTopics takes them. */
export function assigned(
  ...replicas: number[][]
): Pick<
  ControllerRequest<'createTopics'>['topics'][number],
  'assignments' | 'numPartitions' | 'replicationFactor'
> {
  return {
    numPartitions: -1,
    replicationFactor: -1,
    assignments: replicas.map((brokerIds, partitionIndex) => ({ partitionIndex, brokerIds })),
  };
}

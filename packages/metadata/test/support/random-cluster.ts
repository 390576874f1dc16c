// Arbitrary histories of a cluster, for fast-check, and the cluster that goes through them.
import fc from 'fast-check';
import {
  configsOf,
  ConfigResourceType,
  type ControllerOperation,
  type ControllerOptions,
  type ControllerRequest,
  type ControllerResult,
  ELR_FEATURE,
  type TopicImage,
} from '../../src/index.ts';
import { directoryOf, incarnationOf, TestCluster } from './cluster.ts';

const BROKERS = [0, 1, 2, 3, 4];
const UNCLEAN = 'unclean.leader.election.enable';

const brokerId = fc.constantFrom(...BROKERS);
const name = fc.constantFrom('a', 'b', 'c.d', 'c_d', 'e');
const brokers = fc.uniqueArray(brokerId, { minLength: 1, maxLength: 4 });
const step = fc.oneof(
  kind('register', { brokerId, start: fc.nat(2), isClean: fc.boolean() }),
  kind('heartbeat', { brokerId, wantFence: fc.boolean() }),
  kind('heartbeats', {}),
  kind('shutDown', { brokerId }),
  kind('unregister', { brokerId }),
  kind('silence', { ms: fc.integer({ min: 1, max: 6000 }) }),
  kind('loseDirectory', { brokerId, which: fc.nat(1) }),
  kind('assignDirectory', { brokerId, name, which: fc.nat(2) }),
  kind('createTopic', {
    name,
    partitions: fc.integer({ min: 1, max: 4 }),
    replicas: fc.integer({ min: 1, max: 3 }),
    isUnclean: fc.boolean(),
  }),
  kind('deleteTopic', { name }),
  kind('grow', { name, by: fc.integer({ min: 1, max: 3 }) }),
  kind('shrinkIsr', { name, keep: brokerId }),
  kind('growIsr', { name }),
  kind('growIsr', { name }),
  kind('setMinIsr', { name, value: fc.integer({ min: 1, max: 3 }) }),
  kind('setRetention', { name, value: fc.nat(3) }),
  kind('producerIds', { brokerId }),
  kind('electPreferred', {}),
  kind('electUnclean', {}),
  kind('electLeaders', { electionType: fc.nat(1), name: fc.option(name) }),
  kind('reassign', { name, replicas: fc.option(brokers, { freq: 3 }), isStrict: fc.boolean() }),
  kind('finalizeElr', { level: fc.nat(1) }),
  kind('turn', { which: fc.nat(3) }),
  kind('turn', { which: fc.nat(3) }),
);
/** One thing that happens. */
export type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** Things that happen one after the other. */
export const history: fc.Arbitrary<Step[]> = fc.array(step, {
  minLength: 20,
  maxLength: 60,
  size: 'max',
});

function kind<K extends string, T>(
  value: K,
  fields: { [F in keyof T]: fc.Arbitrary<T[F]> },
): fc.Arbitrary<{ kind: K } & T> {
  return fc.record({ kind: fc.constant(value), ...fields }) as fc.Arbitrary<{ kind: K } & T>;
}

/** Log directories of a broker that has lost none. */
function directoriesOf(id: number): string[] {
  return [directoryOf(id), directoryOf(id + 10)];
}

type StepOf<K extends Step['kind']> = Extract<Step, { kind: K }>;

/** Four brokers that serve, and work that waits for its next turn. */
export class RandomCluster extends TestCluster {
  /** Brokers that leaders wanted in ISRs during the latest step. */
  altered: number[] = [];
  readonly #unfinished: Array<ControllerResult<unknown>> = [];

  constructor(options: Partial<ControllerOptions>, seed: number) {
    super(options, seed);
    for (const id of [0, 1, 2, 3]) {
      this.register(id, { logDirs: directoriesOf(id) });
      this.heartbeat(id);
    }
  }

  perform(one: Step): void {
    this.altered = [];
    if ('name' in one && one.name !== null) this.#changeTopic(one);
    else if ('brokerId' in one) this.#changeBroker(one);
    else this.#changeCluster(one as Exclude<Step, { name: string } | { brokerId: number }>);
  }

  /** Takes all work to its end. */
  finishAll(): void {
    for (let work = this.#unfinished.pop(); work !== undefined; work = this.#unfinished.pop()) {
      this.finish(work);
    }
  }

  /** Whether a replica outside the ISR may lead the topic, by its configuration or because somebody asked for it. */
  mayBeUnclean(topicName: string): boolean {
    const resource = { type: ConfigResourceType.TOPIC, name: topicName };
    return this.#isUncleanAsked || configsOf(this.image, resource).get(UNCLEAN) === 'true';
  }
  #isUncleanAsked = false;

  #changeCluster(one: Exclude<Step, { name: string } | { brokerId: number }>): void {
    switch (one.kind) {
      case 'heartbeats':
        for (const id of this.image.cluster.brokers.keys()) this.#beat(id, {});
        return;
      case 'silence':
        this.nowMs += one.ms;
        while (this.#begin(this.controller.fenceOneStaleBroker(this.moment)));
        return;
      case 'electPreferred':
        this.#begin(this.controller.electPreferredLeaders(this.moment));
        return;
      case 'electUnclean':
        return this.#begin(this.controller.electUncleanLeaders(this.moment));
      case 'finalizeElr':
        return this.#finalizeElr(one.level);
      case 'turn':
        return this.#turn(one.which);
      case 'electLeaders':
        return this.#electLeaders(one, null);
    }
  }

  #changeBroker(one: Exclude<Extract<Step, { brokerId: number }>, { name: string }>): void {
    const id = one.brokerId;
    const { brokerEpoch = -1 } = this.image.cluster.brokers.get(id) ?? {};
    switch (one.kind) {
      case 'register':
        return this.#register(one, brokerEpoch);
      case 'heartbeat':
        return this.#beat(id, { wantFence: one.wantFence });
      case 'shutDown':
        return this.#beat(id, { wantShutDown: true });
      case 'unregister':
        return this.#ask('unregisterBroker', { brokerId: id });
      case 'loseDirectory':
        return this.#loseDirectory(id, directoriesOf(id)[one.which]);
      case 'producerIds':
        return this.#ask('allocateProducerIds', { brokerId: id, brokerEpoch });
    }
  }

  #changeTopic(one: Extract<Step, { name: string | null }>): void {
    const topic = this.image.topics.byName.get(one.name ?? '');
    switch (one.kind) {
      case 'createTopic':
        this.createTopic(one.name, {
          numPartitions: one.partitions,
          replicationFactor: one.replicas,
          configs: one.isUnclean ? [{ name: UNCLEAN, value: 'true' }] : [],
        });
        return;
      case 'deleteTopic':
        this.handle('deleteTopics', { topics: [], topicNames: [one.name], timeoutMs: 0 }, 5);
        return;
      case 'grow': {
        const count = (topic?.partitions.length ?? 0) + one.by;
        const topics = [{ name: one.name, count, assignments: null }];
        return this.#ask('createPartitions', { topics, timeoutMs: 0, validateOnly: false });
      }
      case 'setRetention':
        return this.#setConfig(one.name, 'retention.ms', one.value);
      case 'setMinIsr':
        return this.#setConfig(one.name, 'min.insync.replicas', one.value);
      case 'assignDirectory':
        return this.#assignDirectory(one, topic);
      case 'electLeaders':
        return this.#electLeaders(one, topic);
      case 'reassign':
        return this.#reassign(one, topic);
      case 'shrinkIsr':
        return this.#alterIsrs(topic, (id, leader) => id === leader || id === one.keep);
      case 'growIsr':
        return this.#alterIsrs(topic, () => true);
    }
  }

  #register({ brokerId: id, start, isClean }: StepOf<'register'>, brokerEpoch: number): void {
    const request = this.registration(id, {
      incarnationId: incarnationOf(id, start),
      previousBrokerEpoch: isClean ? brokerEpoch : -1,
      logDirs: directoriesOf(id),
    });
    this.#ask('registerBroker', request);
  }

  /** A broker that has no other one stops instead. */
  #loseDirectory(id: number, directory = ''): void {
    const { logDirs = [] } = this.image.cluster.brokers.get(id) ?? {};
    if (logDirs.some((other) => other !== directory))
      this.#beat(id, { offlineLogDirs: [directory] });
  }

  #beat(id: number, changes: Partial<ControllerRequest<'brokerHeartbeat'>>): void {
    this.#ask('brokerHeartbeat', this.beat(id, changes));
  }

  #setConfig(resourceName: string, key: string, value: number): void {
    const configs = [{ name: key, configOperation: 0, value: String(value) }];
    const resources = [{ resourceType: 2, resourceName, configs }];
    this.#ask('incrementalAlterConfigs', { resources, validateOnly: false });
  }

  #finalizeElr(level: number): void {
    const upgradeType = level > 0 ? 1 : 2;
    const update = { feature: ELR_FEATURE, maxVersionLevel: level, allowDowngrade: false };
    const featureUpdates = [{ ...update, upgradeType }];
    this.#ask('updateFeatures', { timeoutMs: 0, featureUpdates, validateOnly: false });
  }

  #assignDirectory(one: StepOf<'assignDirectory'>, topic: TopicImage | undefined): void {
    const partitions = [...(topic?.partitions.keys() ?? [])].map((partitionIndex) => ({
      partitionIndex,
    }));
    const topics = [{ topicId: topic?.id ?? '', partitions }];
    this.#ask('assignReplicasToDirs', {
      brokerId: one.brokerId,
      brokerEpoch: this.image.cluster.brokers.get(one.brokerId)?.brokerEpoch ?? -1,
      directories: [{ id: directoryOf(one.brokerId + 10 * one.which), topics }],
    });
  }

  #electLeaders(
    { electionType }: StepOf<'electLeaders'>,
    topic: TopicImage | null | undefined,
  ): void {
    if (topic === undefined) return;
    if (electionType === 1) this.#isUncleanAsked = true;
    const topicPartitions = topic && [
      { topic: topic.name, partitions: [...topic.partitions.keys()] },
    ];
    this.#ask('electLeaders', { electionType, topicPartitions, timeoutMs: 0 });
  }

  #reassign({ replicas, isStrict }: StepOf<'reassign'>, topic: TopicImage | undefined): void {
    if (topic === undefined) return;
    const partitions = [...topic.partitions.keys()].map((partitionIndex) => ({
      partitionIndex,
      replicas,
    }));
    this.#ask('alterPartitionReassignments', {
      timeoutMs: 0,
      allowReplicationFactorChange: !isStrict,
      topics: [{ name: topic.name, partitions }],
    });
  }

  #alterIsrs(
    topic: TopicImage | undefined,
    keeps: (replica: number, leader: number) => boolean,
  ): void {
    for (const [partitionId, { replicas, leader }] of topic?.partitions.entries() ?? []) {
      const isr = replicas.filter((id) => keeps(id, leader));
      this.altered.push(...isr);
      this.alterIsr(topic?.name ?? '', isr, { partitionId });
    }
  }

  #ask<O extends ControllerOperation>(operation: O, request: ControllerRequest<O>): void {
    this.#begin(this.decide(operation, request));
  }

  /** Appends the first part; the rest waits for a turn. */
  #begin<R>(result: ControllerResult<R>): R {
    this.appendPart(result);
    if (result.rest !== undefined) this.#unfinished.push(result);
    return result.response;
  }

  #turn(which: number): void {
    const [work] = this.#unfinished.splice(which % Math.max(1, this.#unfinished.length), 1);
    if (work?.rest !== undefined) this.#begin(this.controller.resume(work.rest, this.moment));
  }
}

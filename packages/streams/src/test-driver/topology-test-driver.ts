// Runs a topology in a test without any broker: what is piped in goes through at once, repartition topics included, and
// time only moves when told. One partition everywhere, and all sub-topologies are one task, so they share stream time; a
// commit follows every record. Kafka: TopologyTestDriver (KIP-247).
import type { ConsumerRecord } from '@ottla/client';
import type { TypedTopic } from '@ottla/serdes';
import { StreamsError } from '../errors.ts';
import type { MaybePromise } from '../processor/processor.ts';
import type { Headers } from '../processor/record.ts';
import type { ByteStore } from '../store/byte-store.ts';
import type { KeyValueStore, TimestampedKeyValueStore } from '../store/key-value-store.ts';
import type { StateStore } from '../store/state-store.ts';
import type { TimestampedWindowStore, WindowStore } from '../store/window-store.ts';
import { GlobalTask } from '../task/global-task.ts';
import { StreamTask } from '../task/stream-task.ts';
import { type TaskSettings, taskSettings } from '../task/task-settings.ts';
import { fullTopicName } from '../topology/subtopologies.ts';
import { Topology } from '../topology/topology.ts';
import { matchesWhole, type TopologyGraph } from '../topology/topology-graph.ts';
import type { OutputRecord } from '../task/record-collector.ts';
import { CapturedOutput } from './captured-output.ts';
import { inOrder } from './in-order.ts';
import { type InputTopicTime, TestInputTopic } from './test-input-topic.ts';
import { asBuffer, TestOutputTopic } from './test-output-topic.ts';
import { TestStores } from './test-stores.ts';

const DEFAULT_CACHE_BYTES = 10 * 1024 * 1024;

export interface TopologyTestDriverOptions extends Partial<TaskSettings> {
  /** Where the virtual wall clock begins, milliseconds since 1970. Default 0. */
  readonly wallClockMs?: number;
  /** `statestore.cache.max.bytes`: above 0 stores may hold changes back until the commit. Default 10 MiB, as Kafka's. */
  readonly cacheMaxBytes?: number;
  /** Where a store's bytes are; for tests with LevelDB. Default: in memory. */
  readonly openBytes?: (store: string, isPersistent: boolean) => ByteStore;
}

export class TopologyTestDriver {
  readonly #settings: TaskSettings;
  readonly #output = new CapturedOutput();
  readonly #stores: TestStores;
  readonly #task: StreamTask | undefined;
  readonly #globalTask: GlobalTask | undefined;
  readonly #inputTopics: Set<string>;
  readonly #patterns: readonly RegExp[];
  readonly #nextOffsets = new Map<string, number>();
  #wallClockMs: number;
  /** Work that a store made wait; undefined: all done. */
  #busy: Promise<void> | undefined = undefined;

  /** @throws StreamsError when the topology cannot be made, such as for a missing serde */
  constructor(topology: Topology, options: TopologyTestDriverOptions = {}) {
    const graph = Topology.graphOf(topology);
    this.#wallClockMs = options.wallClockMs ?? 0;
    this.#settings = taskSettings({ applicationId: 'topology-test-driver', ...options });
    const sources = [...graph.nodes.values()].flatMap((node) =>
      node.kind === 'source' && !graph.isGlobalSource(node.name) ? [node] : [],
    );
    this.#patterns = sources.flatMap(({ pattern }) => pattern ?? []);
    const { applicationId } = this.#settings;
    this.#inputTopics = new Set(
      sources.flatMap(({ topics }) =>
        topics.map((topic) => fullTopicName(graph, applicationId, topic)),
      ),
    );
    this.#stores = new TestStores(graph, {
      applicationId,
      cacheMaxBytes: options.cacheMaxBytes ?? DEFAULT_CACHE_BYTES,
      openBytes: options.openBytes,
    });
    this.#globalTask = this.#makeGlobalTask(graph);
    this.#task = this.#makeTask(graph);
  }

  /** Where a test writes. A typed topic is its name and its serdes. */
  createInputTopic<K, V>(type: TypedTopic<K, V>, time: InputTopicTime = {}): TestInputTopic<K, V> {
    return new TestInputTopic(
      type.name,
      type,
      (...record) => this.#pipe(...record),
      time.startMs ?? this.#wallClockMs,
      time.autoAdvanceMs ?? 0,
    );
  }

  /** Where a test reads what the topology wrote: any topic, internal ones included. */
  createOutputTopic<K, V>(type: TypedTopic<K, V>): TestOutputTopic<K, V> {
    return new TestOutputTopic(type.name, type, (topic) => this.#unread(topic));
  }

  /** Every topic that was written to, internal ones included. */
  get producedTopicNames(): ReadonlySet<string> {
    return this.#output.topics;
  }

  /** The virtual wall clock, milliseconds since 1970. */
  get wallClockMs(): number {
    return this.#wallClockMs;
  }

  /** Moves the wall clock and lets punctuations that are due fire. */
  advanceWallClockTime(stepMs: number): void {
    if (!(stepMs >= 0)) throw new RangeError('the wall clock cannot go back');
    this.#wallClockMs += stepMs;
    const task = this.#task;
    this.#exclusively([
      () => task?.punctuateWallClock(this.#wallClockMs),
      () => task?.prepareCommit(),
      () => task?.committed(),
      () => this.#completeAllWork(),
    ]);
  }

  /**
   * Done when everything piped in so far is. Only needed when a store or processor had to wait; otherwise it is done before
   * `pipeInput` returns.
   *
   * @throws StreamsError when the topology failed meanwhile
   */
  async settled(): Promise<void> {
    while (this.#busy !== undefined) {
      const busy = this.#busy;
      try {
        await busy;
      } finally {
        if (this.#busy === busy) this.#busy = undefined;
      }
    }
  }

  /** A store by name, global ones included; undefined when there is none. */
  getStateStore<S extends StateStore = StateStore>(name: string): S | undefined {
    // The type is the caller's word, as it is in Kafka: names carry no types.
    return (this.#stores.get(name) ?? this.#stores.global(name)) as S | undefined;
  }

  /** A store by key; undefined when there is none of that name, or it is of another kind. */
  getKeyValueStore<K, V>(name: string): KeyValueStore<K, V> | undefined {
    const store = this.getStateStore<KeyValueStore<K, V>>(name);
    return store !== undefined && 'prefixScan' in store ? store : undefined;
  }

  /** As `getKeyValueStore`, of the kind that the DSL keeps: values with their times. */
  getTimestampedKeyValueStore<K, V>(name: string): TimestampedKeyValueStore<K, V> | undefined {
    return this.getKeyValueStore(name);
  }

  /** A store by key and window; undefined when there is none of that name, or it is of another kind. */
  getWindowStore<K, V>(name: string): WindowStore<K, V> | undefined {
    const store = this.getStateStore<WindowStore<K, V>>(name);
    return store !== undefined && 'fetchBetween' in store ? store : undefined;
  }

  /** As `getWindowStore`, of the kind that the DSL keeps: values with their times. */
  getTimestampedWindowStore<K, V>(name: string): TimestampedWindowStore<K, V> | undefined {
    return this.getWindowStore(name);
  }

  /** Every store by name. */
  getAllStateStores(): ReadonlyMap<string, StateStore> {
    return this.#stores.all();
  }

  /** Kafka's metrics of the task, as far as they are counted: by name. */
  metrics(): ReadonlyMap<string, number> {
    const counters = this.#task?.counters;
    return new Map([
      ['process-total', counters?.processed ?? 0],
      ['punctuate-total', counters?.punctuated ?? 0],
      ['dropped-records-total', (counters?.dropped ?? 0) + (this.#globalTask?.droppedCount ?? 0)],
    ]);
  }

  /** Closes processors and stores. */
  close(): void {
    this.#exclusively([
      () => this.#task?.close(true),
      () => this.#globalTask?.close(),
      () => this.#stores.close(),
    ]);
  }

  #makeGlobalTask(graph: TopologyGraph): GlobalTask | undefined {
    if (graph.globalStores.size === 0) return undefined;
    const settings = this.#settings;
    const task = new GlobalTask({
      graph,
      stores: this.#stores,
      settings,
      nowMs: this.#wallClockMs,
    });
    this.#stores.open('global', task);
    task.initialize();
    return task;
  }

  #makeTask(graph: TopologyGraph): StreamTask | undefined {
    if (this.#inputTopics.size + this.#patterns.length === 0) return undefined;
    const nodes = graph
      .nodeGroups()
      .filter((group) => !group.some((name) => graph.isGlobalSource(name)))
      .flat();
    const order = [...graph.nodes.keys()];
    const task = new StreamTask({
      id: { subtopology: 0, partition: 0 },
      graph,
      nodes: nodes.sort((a, b) => order.indexOf(a) - order.indexOf(b)),
      partitions: [],
      stores: this.#stores,
      collector: this.#output,
      settings: this.#settings,
      nowMs: this.#wallClockMs,
    });
    this.#stores.open('own', task);
    task.initialize(this.#wallClockMs);
    this.#readTopics(task);
    return task;
  }

  /** Tells the task all its topics; every partition is known to have nothing more to come. */
  #readTopics(task: StreamTask): void {
    const partitions = [...this.#inputTopics].map((topic) => ({ topic, partition: 0 }));
    task.updatePartitions(partitions);
    for (const { topic, partition } of partitions) task.updateLag(topic, partition, 0);
  }

  /** Whether the task reads the topic; a new one that matches a pattern is read from now on. */
  #isInput(topic: string): boolean {
    if (this.#inputTopics.has(topic)) return true;
    if (!this.#patterns.some((pattern) => matchesWhole(pattern, topic))) return false;
    this.#inputTopics.add(topic);
    this.#readTopics(this.#task!);
    return true;
  }

  #pipe(
    topic: string,
    key: Uint8Array | null,
    value: Uint8Array | null,
    timestamp: number,
    headers: Headers,
  ): void {
    const isGlobal = this.#globalTask?.topics.includes(topic) === true;
    if (!isGlobal && !this.#isInput(topic))
      throw new StreamsError(
        'INVALID_STATE',
        `Unknown topic: ${topic} is not read by the topology`,
      );
    this.#exclusively([
      () => this.#deliver(topic, key, value, timestamp, headers),
      () => this.#completeAllWork(),
    ]);
  }

  /** One call after the other: what comes while a store waits queues behind it. */
  #exclusively(steps: readonly (() => unknown)[]): void {
    const before = this.#busy;
    const done = before === undefined ? inOrder(steps) : before.then(() => inOrder(steps));
    if (done === undefined) return;
    this.#busy = done;
    done.then(
      () => {
        if (this.#busy === done) this.#busy = undefined;
      },
      // Kept until `settled` throws it.
      () => undefined,
    );
  }

  #unread(topic: string): OutputRecord[] {
    if (this.#busy !== undefined)
      throw new StreamsError(
        'INVALID_STATE',
        'a store had to wait: `await driver.settled()` before reading',
      );
    return this.#output.unread(topic);
  }

  /** Processes, punctuates and commits until nothing is left that may be processed now. */
  #completeAllWork(): MaybePromise {
    const task = this.#task;
    for (;;) {
      const reentered = this.#takeOutputBackIn();
      if (reentered !== undefined) return reentered.then(() => this.#completeAllWork());
      if (task === undefined || !task.isProcessable(this.#wallClockMs)) return;
      const done = inOrder([
        () => task.process(this.#wallClockMs),
        () => task.punctuateStreamTime(),
        () => task.prepareCommit(),
        () => task.committed(),
      ]);
      if (done !== undefined) return done.then(() => this.#completeAllWork());
    }
  }

  /** What was written to a topic that is read as well goes back in. */
  #takeOutputBackIn(): MaybePromise {
    const fresh = this.#output.takeFresh();
    if (fresh.length === 0) return;
    return inOrder(
      fresh.map(
        ({ topic, key, value, timestamp, headers }) =>
          () =>
            this.#deliver(topic, key, value, timestamp, headers),
      ),
    );
  }

  #deliver(
    topic: string,
    key: Uint8Array | null,
    value: Uint8Array | null,
    timestamp: number,
    headers: Headers,
  ): MaybePromise {
    const isInput = this.#isInput(topic);
    const isGlobal = this.#globalTask?.topics.includes(topic) === true;
    if (!isInput && !isGlobal) return;
    const record: ConsumerRecord = {
      topic,
      partition: 0,
      offset: this.#takeOffset(topic),
      timestamp,
      key: key === null ? null : asBuffer(key),
      value: value === null ? null : asBuffer(value),
      headers,
      leaderEpoch: -1,
    };
    if (isInput) this.#task!.addRecords(topic, 0, [record]);
    if (isGlobal) return this.#globalTask!.update(record, this.#wallClockMs);
  }

  #takeOffset(topic: string): number {
    const offset = this.#nextOffsets.get(topic) ?? 0;
    this.#nextOffsets.set(topic, offset + 1);
    return offset;
  }
}

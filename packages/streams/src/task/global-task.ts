// Fills the global stores: every record of their topics goes through the processor of its store, on every instance. No
// partition queues, no stream time for others, no output. Kafka: GlobalStateUpdateTask.
import type { ConsumerRecord } from '@ottla/client';
import { StreamsError } from '../errors.ts';
import type { RecordContext } from '../processor/internal-context.ts';
import type { MaybePromise, Punctuation } from '../processor/processor.ts';
import { Record } from '../processor/record.ts';
import type { TaskId } from '../processor/task-id.ts';
import type { TopologyGraph } from '../topology/topology-graph.ts';
import { ErrorDesk } from './error-desk.ts';
import type { RecordCollector } from './record-collector.ts';
import { contextWithoutSource, type TaskHost, type TaskStores } from './task-host.ts';
import type { TaskSettings } from './task-settings.ts';
import { makeTaskTopology, type TaskTopology } from './task-topology.ts';

/** What global processors may not do is refused with `INVALID_STATE`. */
const NO_OUTPUT: RecordCollector = {
  send: () => refuse('send records'),
  partitionCount: () => refuse('send records'),
  flush: () => undefined,
  close: () => undefined,
};

export interface GlobalTaskOptions {
  readonly graph: TopologyGraph;
  readonly stores: TaskStores;
  readonly settings: TaskSettings;
  /** Wall clock now, milliseconds since 1970. */
  readonly nowMs: number;
}

export class GlobalTask implements TaskHost {
  /** Not a task of the assignment: its numbers are −1. */
  readonly id: TaskId = { subtopology: -1, partition: -1 };
  readonly settings: TaskSettings;
  readonly stores: TaskStores;
  readonly collector: RecordCollector = NO_OUTPUT;
  readonly processorMetadata: Map<string, number> = new Map();
  /** Topics to read, all partitions of each. */
  readonly topics: readonly string[];
  recordContext: RecordContext;
  wallClockMs: number;
  /** Records that were left out. */
  droppedCount = 0;
  #streamTimeMs = -1;
  readonly #topology: TaskTopology;
  readonly #errors = new ErrorDesk(this);

  constructor({ graph, stores, settings, nowMs }: GlobalTaskOptions) {
    this.settings = settings;
    this.stores = stores;
    this.wallClockMs = nowMs;
    this.recordContext = contextWithoutSource(nowMs);
    const names = graph
      .nodeGroups()
      .filter((group) => group.some((name) => graph.isGlobalSource(name)))
      .flat();
    this.topics = [...graph.globalStores.values()].map(({ topic }) => topic);
    this.#topology = makeTaskTopology(graph, names, this);
  }

  get streamTimeMs(): number {
    return this.#streamTimeMs;
  }

  /** Makes the processors ready; the stores are open by now. */
  initialize(): void {
    for (const node of this.#topology.nodes) node.init();
  }

  /** Takes one record into its store. */
  update(raw: ConsumerRecord, nowMs: number): MaybePromise {
    this.wallClockMs = nowMs;
    const source = this.#topology.sourceOf(raw.topic);
    if (source === undefined)
      throw new StreamsError('INVALID_STATE', `no global store reads topic ${raw.topic}`);
    let key: unknown = null;
    let value: unknown = null;
    try {
      if (raw.key !== null)
        key = source.keySerde.deserialize(raw.key, source.keyContext(raw.topic));
      if (raw.value !== null)
        value = source.valueSerde.deserialize(raw.value, source.valueContext(raw.topic));
    } catch (error) {
      return this.#errors.undecodable(raw, source.name, error);
    }
    const { topic, partition, offset, timestamp, headers } = raw;
    this.recordContext = {
      topic,
      partition,
      offset,
      timestamp,
      headers,
      rawKey: raw.key,
      rawValue: raw.value,
    };
    if (timestamp > this.#streamTimeMs) this.#streamTimeMs = timestamp;
    return source.process(new Record(key, value, timestamp, headers));
  }

  close(): void {
    for (const node of this.#topology.nodes) node.close();
  }

  nodeFailed(
    node: string,
    record: Record<unknown, unknown> | undefined,
    error: unknown,
  ): MaybePromise {
    return this.#errors.nodeFailed(node, record, error);
  }

  unserializable(): MaybePromise {
    return refuse('send records');
  }

  recordDropped(count = 1): void {
    this.droppedCount += count;
  }

  schedule(): Punctuation {
    return refuse('schedule punctuations');
  }

  addBackgroundWork(): void {
    refuse('go on after process has returned');
  }

  failLater(_node: string, error: unknown): void {
    throw error;
  }

  requestCommit(): void {
    // Kafka ignores it too: nothing of a global task is committed.
  }
}

function refuse(what: string): never {
  throw new StreamsError('INVALID_STATE', `processors of global stores cannot ${what}`);
}

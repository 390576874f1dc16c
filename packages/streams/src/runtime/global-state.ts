// The global stores of an instance: filled to the end of their topics before anything else starts, then kept up by a loop of their
// own. Kafka: GlobalStreamThread, GlobalStateManagerImpl.
import { Consumer, type TopicPartition } from '@ottla/client';
import type { ByteStore } from '../store/byte-store.ts';
import { MemoryByteStore } from '../store/memory-byte-store.ts';
import type { StateStore } from '../store/state-store.ts';
import { GlobalTask } from '../task/global-task.ts';
import type { TopologyGraph } from '../topology/topology-graph.ts';
import type { StreamsSettings } from './streams-config.ts';

export class GlobalState {
  readonly #stores = new Map<string, StateStore>();
  readonly #task: GlobalTask;
  readonly #consumer: Consumer;
  readonly #settings: StreamsSettings;
  readonly #stop = new AbortController();
  #loop: Promise<void> | undefined;

  private constructor(graph: TopologyGraph, settings: StreamsSettings) {
    this.#settings = settings;
    for (const [name, { builder }] of graph.globalStores) this.#stores.set(name, builder.build());
    const { clock } = settings.platform;
    this.#task = new GlobalTask({
      graph,
      settings: settings.task,
      nowMs: clock.nowMs(),
      stores: {
        get: () => undefined,
        global: (name) => this.#stores.get(name),
        flushCaches: () => undefined,
      },
    });
    this.#consumer = new Consumer({
      bootstrapServers: settings.bootstrapServers,
      clientId: `${settings.clientId}-global-consumer`,
      // Updates that were deleted before they were read would leave the stores wrong, and nobody would know.
      autoOffsetReset: 'none',
      logger: settings.logger,
      platform: settings.platform,
    });
    const task = this.#task;
    for (const store of this.#stores.values())
      store.init({
        taskId: task.id,
        cache: undefined,
        get recordContext() {
          return task.recordContext;
        },
        // The topic is read from its start each time: what is in memory is all there is to lose.
        openBytes: (): ByteStore => new MemoryByteStore(),
        recordDropped: () => task.recordDropped(),
        logChange: () => undefined,
      });
    task.initialize();
  }

  /** Reads everything there is now. @param signal ends that early. @returns undefined when the topology has no global stores */
  static async open(
    graph: TopologyGraph,
    settings: StreamsSettings,
    signal: AbortSignal,
  ): Promise<GlobalState | undefined> {
    if (graph.globalStores.size === 0) return undefined;
    const state = new GlobalState(graph, settings);
    const stop = (): void => state.#stop.abort();
    signal.addEventListener('abort', stop, { once: true });
    try {
      await state.#fill();
      return state;
    } catch (error) {
      await state.close();
      throw error;
    } finally {
      signal.removeEventListener('abort', stop);
    }
  }

  store(name: string): StateStore | undefined {
    return this.#stores.get(name);
  }

  /** Keeps the stores up from now on. @param onFailure told once when that ends by itself */
  start(onFailure: (error: unknown) => void): void {
    this.#loop = this.#run().catch((error: unknown) => {
      if (!this.#stop.signal.aborted) onFailure(error);
    });
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await this.#consumer.close();
    await this.#loop;
    for (const store of this.#stores.values()) store.close();
  }

  async #fill(): Promise<void> {
    const partitions: TopicPartition[] = [];
    for (const topic of this.#task.topics) {
      const found = await this.#consumer.partitionsFor(topic);
      for (const { partition } of found.partitions) partitions.push({ topic, partition });
    }
    const ends = await this.#consumer.endOffsets(partitions);
    await this.#consumer.assign(await this.#consumer.beginningOffsets(partitions));
    while (ends.some((end) => this.#consumer.position(end) < end.offset)) {
      this.#stop.signal.throwIfAborted();
      await this.#step();
    }
  }

  async #run(): Promise<void> {
    while (!this.#stop.signal.aborted) await this.#step();
  }

  async #step(): Promise<void> {
    const { pollMs, platform } = this.#settings;
    const batches = await this.#consumer.poll({
      timeoutMs: pollMs,
      maxRecords: 1_000,
      signal: this.#stop.signal,
    });
    for (const { records } of batches)
      for (const record of records) {
        const done = this.#task.update(record, platform.clock.nowMs());
        if (done !== undefined) await done;
      }
  }
}

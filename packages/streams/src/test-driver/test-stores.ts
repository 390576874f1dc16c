// The stores of a topology under test: in memory, whatever the builders say of disks, unless the test brings its own bytes.
// Kafka: the state managers inside TopologyTestDriver.
import type { MaybePromise } from '../processor/processor.ts';
import type { ByteStore } from '../store/byte-store.ts';
import { CacheBudget } from '../store/cache-budget.ts';
import { MemoryByteStore } from '../store/memory-byte-store.ts';
import type { StateStore, StoreContext } from '../store/state-store.ts';
import type { TaskHost, TaskStores } from '../task/task-host.ts';
import { subtopologiesOf } from '../topology/subtopologies.ts';
import type { TopologyGraph } from '../topology/topology-graph.ts';
import { inOrder } from './in-order.ts';

export interface TestStoresOptions {
  readonly applicationId: string;
  /** `statestore.cache.max.bytes`; 0: nothing is held back. */
  readonly cacheMaxBytes: number;
  /** Where a store's bytes are. Default: in memory. */
  readonly openBytes: ((store: string, isPersistent: boolean) => ByteStore) | undefined;
}

export class TestStores implements TaskStores {
  readonly #own: Map<string, StateStore> = new Map();
  readonly #globals: Map<string, StateStore> = new Map();
  readonly #changelogs: Map<string, string> = new Map();
  readonly #openBytes: (store: string, isPersistent: boolean) => ByteStore;
  readonly #cache: CacheBudget | undefined;

  constructor(graph: TopologyGraph, options: TestStoresOptions) {
    this.#openBytes = options.openBytes ?? (() => new MemoryByteStore());
    this.#cache = options.cacheMaxBytes > 0 ? new CacheBudget(options.cacheMaxBytes) : undefined;
    for (const { stores } of subtopologiesOf(graph, options.applicationId)) {
      for (const { builder, changelogTopic, isSourceTopic } of stores) {
        this.#own.set(builder.name, builder.build());
        if (changelogTopic !== undefined && !isSourceTopic)
          this.#changelogs.set(builder.name, changelogTopic);
      }
    }
    for (const [name, { builder }] of graph.globalStores) this.#globals.set(name, builder.build());
  }

  get(name: string): StateStore | undefined {
    return this.#own.get(name);
  }

  global(name: string): StateStore | undefined {
    return this.#globals.get(name);
  }

  /** Every store by name. */
  all(): ReadonlyMap<string, StateStore> {
    return new Map([...this.#own, ...this.#globals]);
  }

  /** Opens the stores of a task, which must be done before its processors are made ready. */
  open(kind: 'own' | 'global', host: TaskHost): void {
    const context = this.#contextFor(host);
    for (const store of (kind === 'own' ? this.#own : this.#globals).values()) store.init(context);
  }

  flushCaches(): MaybePromise {
    return inOrder([...this.#own.values()].map((store) => () => store.flush()));
  }

  close(): void {
    for (const store of this.all().values()) store.close();
  }

  #contextFor(host: TaskHost): StoreContext {
    const changelogs = this.#changelogs;
    return {
      taskId: host.id,
      cache: this.#cache,
      get recordContext() {
        return host.recordContext;
      },
      openBytes: this.#openBytes,
      recordDropped: () => host.recordDropped(),
      logChange(store, key, value, timestamp, headers) {
        const topic = changelogs.get(store);
        if (topic === undefined) return;
        const record = { topic, partition: host.id.partition, key, value, timestamp, headers };
        // The driver's collector takes everything at once.
        void host.collector.send({ ...record, origin: store });
      },
    };
  }
}

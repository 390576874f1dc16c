// The stores of a topology under test. Kafka: the state managers inside TopologyTestDriver.
import type { MaybePromise } from '../processor/processor.ts';
import type { StateStore } from '../store/state-store.ts';
import type { GlobalTask } from '../task/global-task.ts';
import type { RecordCollector } from '../task/record-collector.ts';
import type { StreamTask } from '../task/stream-task.ts';
import type { TaskStores } from '../task/task-host.ts';
import type { TaskSettings } from '../task/task-settings.ts';
import type { TopologyGraph } from '../topology/topology-graph.ts';

export class TestStores implements TaskStores {
  readonly #own: Map<string, StateStore> = new Map();
  readonly #globals: Map<string, StateStore> = new Map();

  constructor(graph: TopologyGraph, _settings: TaskSettings, _collector: RecordCollector) {
    for (const [name, { builder, processors }] of graph.stores)
      if (processors.size > 0) this.#own.set(name, builder.build());
    for (const [name, { builder }] of graph.globalStores) this.#globals.set(name, builder.build());
  }

  get(name: string): StateStore | undefined {
    return this.#own.get(name);
  }

  global(name: string): StateStore | undefined {
    return this.#globals.get(name);
  }

  all(): ReadonlyMap<string, StateStore> {
    return new Map([...this.#own, ...this.#globals]);
  }

  openGlobal(_task: GlobalTask): void {}

  openTask(_task: StreamTask): void {}

  flushCaches(): MaybePromise {}

  close(): MaybePromise {}
}

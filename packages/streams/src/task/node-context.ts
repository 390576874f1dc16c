// The context of one node: its way to the children and to the task. Each node has its own, so nobody has to keep track of
// a current node, and forwarding is a loop over an array. Kafka: ProcessorContextImpl.
//
// Order: the children get a record one after the other, each with all that follows from it, before `forward` returns. When
// a child has to wait for its store, whatever is forwarded meanwhile queues behind it: two records never pass through a
// node at the same time, also when a processor does not wait for `forward`.
import { TopologyError } from '../errors.ts';
import type { BackgroundWork, RecordContext } from '../processor/internal-context.ts';
import type {
  MaybePromise,
  Punctuation,
  PunctuationType,
  Punctuator,
  RecordMetadata,
} from '../processor/processor.ts';
import type { Record } from '../processor/record.ts';
import type { TaskId } from '../processor/task-id.ts';
import type { StateStore } from '../store/state-store.ts';
import type { NodeContextLike, TaskHost, TaskNode } from './task-host.ts';

export class NodeContext implements NodeContextLike {
  readonly nodeName: string;
  readonly children: TaskNode[] = [];
  readonly #host: TaskHost;
  readonly #stores: ReadonlySet<string>;
  /** The last of what is under way at the children. */
  #pending: Promise<void> | undefined = undefined;

  constructor(nodeName: string, host: TaskHost, stores: ReadonlySet<string>) {
    this.nodeName = nodeName;
    this.#host = host;
    this.#stores = stores;
  }

  get applicationId(): string {
    return this.#host.settings.applicationId;
  }

  get taskId(): TaskId {
    return this.#host.id;
  }

  get appConfigs(): Readonly<{ readonly [key: string]: unknown }> {
    return this.#host.settings.appConfigs;
  }

  get recordContext(): RecordContext {
    return this.#host.recordContext;
  }

  get recordMetadata(): RecordMetadata | undefined {
    const { topic, partition, offset } = this.#host.recordContext;
    return topic === undefined ? undefined : { topic, partition, offset };
  }

  get currentStreamTimeMs(): number {
    return this.#host.streamTimeMs;
  }

  get currentSystemTimeMs(): number {
    return this.#host.wallClockMs;
  }

  get isBusy(): boolean {
    return this.#pending !== undefined;
  }

  getStateStore<S extends StateStore = StateStore>(name: string): S {
    const { stores } = this.#host;
    const store = stores.global(name) ?? (this.#stores.has(name) ? stores.get(name) : undefined);
    if (store === undefined) {
      throw new TopologyError(
        `Processor ${this.nodeName} has no access to StateStore ${name} as the store is not connected to the processor. ` +
          'Connect it with addStateStore, connectProcessorAndStateStores, or in the stores() of its supplier.',
      );
    }
    // The type is the caller's word, as it is in Kafka: names carry no types.
    return store as S;
  }

  schedule(
    intervalMs: number,
    type: PunctuationType,
    callback: Punctuator,
    startMs?: number,
  ): Punctuation {
    if (!(intervalMs >= 1))
      throw new RangeError(`a punctuation's interval must be at least 1 ms: ${intervalMs}`);
    return this.#host.schedule(this, intervalMs, type, callback, startMs);
  }

  commit(): void {
    this.#host.requestCommit();
  }

  recordDropped(count = 1): void {
    this.#host.recordDropped(count);
  }

  addBackgroundWork(work: BackgroundWork): void {
    this.#host.addBackgroundWork(work);
  }

  failLater(error: unknown): void {
    this.#host.failLater(this.nodeName, error);
  }

  processorMetadata(key: string): number | undefined {
    return this.#host.processorMetadata.get(key);
  }

  putProcessorMetadata(key: string, value: number): void {
    this.#host.processorMetadata.set(key, value);
  }

  forward(record: Record<unknown, unknown>, child?: string): MaybePromise {
    if (this.#pending !== undefined || child !== undefined) return this.#forwardTo(record, child);
    const { children } = this;
    for (let index = 0; index < children.length; index += 1) {
      const done = children[index]!.process(record);
      if (done !== undefined)
        return this.#track(this.#forwardRest(record, done, children, index + 1));
    }
  }

  forwardIn(origin: RecordContext, record: Record<unknown, unknown>): MaybePromise {
    return this.#in(origin, () => this.forward(record));
  }

  failIn(origin: RecordContext, error: unknown): MaybePromise {
    return this.#in(origin, () => this.#host.nodeFailed(this.nodeName, undefined, error));
  }

  /** Nothing else runs in this task until `work` is done, so the context may stay the origin's while it waits. */
  #in(origin: RecordContext, work: () => MaybePromise): MaybePromise {
    const host = this.#host;
    const current = host.recordContext;
    host.recordContext = origin;
    let done: MaybePromise = undefined;
    try {
      done = work();
    } finally {
      if (done === undefined) host.recordContext = current;
    }
    return done?.finally(() => {
      host.recordContext = current;
    });
  }

  async settle(): Promise<void> {
    while (this.#pending !== undefined) {
      const pending = this.#pending;
      try {
        await pending;
      } finally {
        if (this.#pending === pending) this.#pending = undefined;
      }
    }
  }

  #forwardTo(record: Record<unknown, unknown>, child: string | undefined): MaybePromise {
    const targets = child === undefined ? this.children : [this.#child(child)];
    if (this.#pending !== undefined)
      return this.#track(this.#forwardRest(record, this.#pending, targets, 0));
    const done = targets[0]!.process(record);
    return done === undefined ? undefined : this.#track(done);
  }

  async #forwardRest(
    record: Record<unknown, unknown>,
    before: Promise<void>,
    targets: readonly TaskNode[],
    first: number,
  ): Promise<void> {
    await before;
    for (let index = first; index < targets.length; index += 1)
      await targets[index]!.process(record);
  }

  #child(name: string): TaskNode {
    const child = this.children.find((node) => node.name === name);
    if (child === undefined)
      throw new TopologyError(
        `Unknown downstream node: ${name} is not a child of ${this.nodeName}`,
      );
    return child;
  }

  #track(done: Promise<void>): Promise<void> {
    this.#pending = done;
    done.then(
      () => {
        if (this.#pending === done) this.#pending = undefined;
      },
      // Kept until `settle` throws it: the processor may not have waited.
      () => undefined,
    );
    return done;
  }
}

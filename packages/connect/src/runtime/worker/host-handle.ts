// The worker's end of a host: starts it in a thread (or inline), calls it, hears its notes, and ends it, by force when it does
// not answer.
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import type { Platform } from '@ottla/platform';
import type { StandardInput } from '../../connector/source-task.ts';
import { ConnectError } from '../../errors.ts';
import type { TaskIsolation } from '../config/worker-config.ts';
import type { HostCalls, HostInput, HostNotes, WorkerCalls } from '../host/host-protocol.ts';
import { Link, type MessagePort } from '../host/link.ts';
import type { OffsetStore } from '../offsets/offset-store.ts';

/** How a host is run. */
export interface HostOptions {
  /** For debuggers and messages. */
  readonly name: string;
  readonly input: HostInput;
  readonly isolation: TaskIsolation;
  readonly platform: Platform;
  readonly offsets: OffsetStore;
  readonly standardInput?: StandardInput | undefined;
  readonly notes: HostNotes;
  /** It ended by itself: its thread died, or its modules could not be loaded. */
  onDeath(error: Error): void;
}

type HeapLimits = Extract<TaskIsolation, { kind: 'thread' }>;

/** The entry of this package that a host's thread runs, found by name so that it is there from source and bundled. */
const HOST_ENTRY = '@ottla/connect/host';

export class HostHandle {
  readonly #options: HostOptions;
  readonly #link: Link;
  /** Ends the thread where it stands; does nothing inline. */
  readonly #kill: () => Promise<void>;
  #ending: Promise<boolean> | undefined;
  #isDead = false;

  constructor(options: HostOptions) {
    this.#options = options;
    const { isolation } = options;
    const { port, kill } =
      isolation.kind === 'thread' ? this.#startThread(isolation) : this.#startInline();
    this.#kill = kill;
    this.#link = new Link(port, {
      ...(options.notes as object),
      getOffsets: async (keys: Parameters<WorkerCalls['getOffsets']>[0]) =>
        options.offsets.get(keys.map(asBuffer)),
      setOffsets: (entries: Parameters<WorkerCalls['setOffsets']>[0]) =>
        options.offsets.set(
          entries.map(([key, value]) => [asBuffer(key), value === null ? null : asBuffer(value)]),
        ),
      readStandardInput: (): ReturnType<StandardInput['read']> => {
        if (options.standardInput === undefined)
          throw new ConnectError('this worker was given no standard input to read');
        return options.standardInput.read();
      },
    });
  }

  get isAlive(): boolean {
    return !this.#isDead && this.#ending === undefined;
  }

  /** Calls the host. @throws RemoteError what it threw; ConnectError when it ended before it answered */
  call<K extends keyof HostCalls>(
    method: K,
    ...argument: Parameters<HostCalls[K]>
  ): Promise<ReturnType<HostCalls[K]>> {
    return this.#link.call(method, argument[0]);
  }

  /**
   * Lets the host shut down in order, and ends it by force when that takes longer.
   * @returns whether it went in order
   */
  end(graceMs: number): Promise<boolean> {
    if (graceMs === 0 && this.#ending !== undefined) void this.#finish();
    this.#ending ??= this.#end(graceMs);
    return this.#ending;
  }

  async #end(graceMs: number): Promise<boolean> {
    let isGraceful = false;
    if (graceMs > 0 && !this.#isDead)
      isGraceful = await within(this.#options.platform, graceMs, this.#link.call('shutdown'));
    await this.#finish();
    return isGraceful;
  }

  async #finish(): Promise<void> {
    this.#link.close(new ConnectError(`${this.#options.name} was stopped`));
    await this.#kill();
  }

  #died(error: Error): void {
    if (this.#isDead) return;
    this.#isDead = true;
    this.#link.close(new ConnectError(`${this.#options.name} has died`, { cause: error }));
    if (this.#ending === undefined) this.#options.onDeath(error);
  }

  #startThread(limits: HeapLimits): { port: MessagePort; kill: () => Promise<void> } {
    let handler: (message: unknown) => void = () => undefined;
    const { name, input, platform } = this.#options;
    const thread = platform.threads.start({
      module: hostModule(),
      exportName: 'connectorHost',
      input,
      name,
      ...(limits.heapBytesMax === undefined ? {} : { heapBytesMax: limits.heapBytesMax }),
      youngBytesMax: limits.youngBytesMax,
      onMessage: (message) => handler(message),
      onExit: (error) => this.#died(error ?? new ConnectError(`${name} has ended`)),
    });
    return {
      port: {
        post: (message) => thread.post(message),
        listen: (listener) => {
          handler = listener;
        },
      },
      kill: () => thread.terminate(),
    };
  }

  #startInline(): { port: MessagePort; kill: () => Promise<void> } {
    const { input, platform } = this.#options;
    const [port, hostPort] = portPair();
    import('../host/host-thread.ts')
      .then(({ connectorHost }) => connectorHost(input, hostPort, platform))
      .catch((error: unknown) => this.#died(error as Error));
    return { port, kill: async () => undefined };
  }
}

let hostUrl: URL | undefined;

function hostModule(): URL {
  hostUrl ??= pathToFileURL(createRequire(import.meta.url).resolve(HOST_ENTRY));
  return hostUrl;
}

/** Bytes that came from another thread are no Buffer. */
function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Two ends of a channel inside this thread; messages arrive later, in order, and wait for a listener. */
function portPair(): [MessagePort, MessagePort] {
  const first = new InlinePort();
  const second = new InlinePort();
  first.peer = second;
  second.peer = first;
  return [first, second];
}

class InlinePort implements MessagePort {
  peer: InlinePort | undefined;
  #handler: ((message: unknown) => void) | undefined;
  readonly #waiting: unknown[] = [];

  post(message: unknown): void {
    void Promise.resolve().then(() => this.peer?.deliver(message));
  }

  listen(handler: (message: unknown) => void): void {
    this.#handler = handler;
    for (const message of this.#waiting.splice(0)) handler(message);
  }

  private deliver(message: unknown): void {
    if (this.#handler === undefined) this.#waiting.push(message);
    else this.#handler(message);
  }
}

/** Whether the work was done, well or badly, in time. */
export async function within(
  platform: Platform,
  timeoutMs: number,
  work: Promise<unknown>,
): Promise<boolean> {
  const outcome = Promise.withResolvers<boolean>();
  const timer = platform.timers.set(timeoutMs, () => outcome.resolve(false));
  work.then(
    () => outcome.resolve(true),
    () => outcome.resolve(true),
  );
  try {
    return await outcome.promise;
  } finally {
    timer.cancel();
  }
}

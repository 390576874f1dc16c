// While simulated time runs, real time and chance must not be asked: the globals that offer them
// throw, and system calls under way at the end that were not there at the start are named. A module that is loaded for the
// first time counts too: it takes real time, in which virtual time would run on.
import { type AsyncHook, createHook } from 'node:async_hooks';
import { registerHooks } from 'node:module';

const FORBIDDEN_RESOURCES: ReadonlySet<string> = new Set([
  'FSReqCallback',
  'FSReqPromise',
  'GetAddrInfoReqWrap',
  'ProcessWrap',
  'TCPConnectWrap',
  'TCPServerWrap',
  'TCPSocketWrap',
  'TLSWrap',
  'UDPWrap',
  'Worker',
  'ZLIB',
]);
/** The same as asynchronous hooks name them. */
const FORBIDDEN_TYPES: ReadonlySet<string> = new Set(
  [...FORBIDDEN_RESOURCES, 'TCPWrap'].map((kind) => kind.toUpperCase()),
);

interface Replaced {
  readonly owner: object;
  readonly name: string;
  readonly original: unknown;
}

export class EffectGuard {
  #violation: string | undefined;
  #replaced: Replaced[] = [];
  #resourcesBefore: Map<string, number> = new Map();
  #hooks: { deregister(): void } | undefined;
  #imported: string | undefined;
  /** Counting what is under way is slow: it is done when something has begun that may have to be named. */
  #hasBegun = false;
  readonly #beginnings: AsyncHook = createHook({
    trackPromises: false,
    init: (_id, type) => {
      if (FORBIDDEN_TYPES.has(type)) this.#hasBegun = true;
    },
  });

  enter(): void {
    this.#resourcesBefore = resourceCounts();
    this.#beginnings.enable();
    this.#hooks = registerHooks({
      load: (url, context, nextLoad) => {
        this.#imported ??= url;
        return nextLoad(url, context);
      },
    });
    this.#forbid(globalThis, 'setTimeout', 'platform.timers.set');
    this.#forbid(globalThis, 'setInterval', 'platform.timers.set');
    this.#forbid(globalThis, 'setImmediate', 'platform.timers.yield');
    this.#forbid(Math, 'random', 'platform.random');
    this.#forbid(AbortSignal, 'timeout', 'platform.timers and an AbortController');
  }

  leave(): void {
    this.#hooks?.deregister();
    this.#beginnings.disable();
    for (const { owner, name, original } of this.#replaced.splice(0)) {
      Object.assign(owner, { [name]: original });
    }
  }

  /** What was imported since the last question was imported while virtual time stood still. */
  forgiveImports(): void {
    this.#imported = undefined;
  }

  /** What was used that must not be; undefined when nothing was. Asking clears it. */
  takeViolation(): string | undefined {
    const imported = this.#imported;
    const violation =
      this.#violation ??
      (imported && `${imported} is imported inside the simulation; load it before it begins`);
    this.#violation = undefined;
    this.#imported = undefined;
    return violation;
  }

  /** A kind of system call that was started since `enter` and is still under way. */
  leftover(): string | undefined {
    if (!this.#hasBegun) return undefined;
    this.#hasBegun = false;
    for (const [kind, count] of resourceCounts()) {
      if (FORBIDDEN_RESOURCES.has(kind) && count > (this.#resourcesBefore.get(kind) ?? 0)) {
        return `a real ${kind} is under way inside the simulation`;
      }
    }
    return undefined;
  }

  #forbid(owner: object, name: string, instead: string): void {
    this.#replaced.push({ owner, name, original: Reflect.get(owner, name) });
    const refuse = (): never => {
      const error = new Error(`${name} inside a simulation; use ${instead}`);
      this.#violation ??= error.stack ?? error.message;
      throw error;
    };
    Object.assign(owner, { [name]: refuse });
  }
}

function resourceCounts(): Map<string, number> {
  const counts = new Map<string, number>();
  for (const kind of process.getActiveResourcesInfo())
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
  return counts;
}

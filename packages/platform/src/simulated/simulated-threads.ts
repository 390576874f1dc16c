// Threads of a simulated machine: functions and programs run in place, one after another, in virtual time.
import { ThreadError } from '../errors.ts';
import type { Thread, ThreadOptions, Threads } from '../ports.ts';
import { never } from './draw.ts';
import type { Life, Scheduler } from './scheduler.ts';

/** Until the result of a function, or a message, is there. */
const THREAD_MS = 1;

/** Runs the function in place; virtual time stands still while its module is loaded. */
export function simulatedThreads(scheduler: Scheduler, life: Life): Threads {
  let isClosed = false;
  const programs = new Set<SimulatedThread>();
  return {
    run(module, exportName, input) {
      if (!life.isAlive) return never();
      if (isClosed) return Promise.reject(new ThreadError('ECLOSED', 'the thread pool is closed'));
      const work = callExport(module, exportName, structuredClone(input));
      scheduler.hold(work);
      return new Promise((resolve, reject) => {
        const settle = (action: () => void): void => {
          scheduler.schedule(life, THREAD_MS, `thread ${exportName}`, action);
        };
        work.then(
          (result) => settle(() => resolve(result)),
          (error: unknown) => settle(() => reject(taskError(exportName, error))),
        );
      });
    },
    start(options) {
      if (isClosed) throw new ThreadError('ECLOSED', 'the thread pool is closed');
      const program = new SimulatedThread(scheduler, life, options, () => programs.delete(program));
      programs.add(program);
      return program;
    },
    async close() {
      isClosed = true;
      await Promise.all([...programs].map((program) => program.terminate()));
    },
  };
}

async function callExport(module: URL, exportName: string, input: unknown): Promise<unknown> {
  return structuredClone(await (await importExport(module, exportName))(input));
}

async function importExport(
  module: URL,
  exportName: string,
): Promise<(...args: unknown[]) => unknown> {
  const exports: Record<string, unknown> = await import(module.href);
  const exported = exports[exportName];
  if (typeof exported !== 'function')
    throw new TypeError(`${module.href} exports no function ${exportName}`);
  return exported as (...args: unknown[]) => unknown;
}

function taskError(exportName: string, error: unknown): ThreadError {
  const message = error instanceof Error ? error.message : 'not an Error';
  return new ThreadError('ETASK', `${exportName}: ${message}`, error);
}

/** A program in place: its end and the owner's exchange copies of messages. `terminate` cuts it off; it is not stopped. */
class SimulatedThread implements Thread {
  readonly #scheduler: Scheduler;
  readonly #life: Life;
  readonly #options: ThreadOptions;
  readonly #forget: () => void;
  readonly #exited = Promise.withResolvers<void>();
  #handler: ((message: unknown) => void) | undefined;
  #waiting: unknown[] = [];
  #hasExited = false;

  constructor(scheduler: Scheduler, life: Life, options: ThreadOptions, forget: () => void) {
    this.#scheduler = scheduler;
    this.#life = life;
    this.#options = options;
    this.#forget = forget;
    void this.#run(copied(options.exportName, options.input));
  }

  post(message: unknown): void {
    if (this.#hasExited) return;
    const copy = copied(this.#options.exportName, message);
    this.#later(() => {
      if (this.#handler === undefined) this.#waiting.push(copy);
      else this.#handler(copy);
    });
  }

  terminate(): Promise<void> {
    this.#later(() => this.#exit());
    return this.#exited.promise;
  }

  async #run(input: unknown): Promise<void> {
    const { module, exportName } = this.#options;
    const loading = importExport(module, exportName);
    this.#scheduler.hold(loading.catch(() => undefined));
    const port = {
      post: (message: unknown) => {
        const copy = copied(exportName, message);
        this.#later(() => this.#options.onMessage(copy));
      },
      listen: (handler: (message: unknown) => void) => {
        this.#handler = handler;
        for (const message of this.#waiting.splice(0)) handler(message);
      },
    };
    try {
      await (
        await loading
      )(input, port);
      this.#later(() => this.#exit());
    } catch (error) {
      this.#later(() => this.#exit(taskError(exportName, error)));
    }
  }

  #later(action: () => void): void {
    this.#scheduler.schedule(this.#life, THREAD_MS, `thread ${this.#options.name}`, () => {
      if (!this.#hasExited) action();
    });
  }

  #exit(error?: ThreadError): void {
    this.#hasExited = true;
    this.#forget();
    this.#options.onExit(error);
    this.#exited.resolve();
  }
}

function copied(exportName: string, value: unknown): unknown {
  try {
    return structuredClone(value);
  } catch (error) {
    throw new ThreadError('ETASK', `${exportName}: the message cannot be copied`, error);
  }
}

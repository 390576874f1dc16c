// A small pool of worker threads: started when first needed, never more than the machine has cores
// to spare, and not a reason for the process to stay alive while idle.
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { ThreadError } from '../errors.ts';
import type { Thread as ProgramThread, ThreadOptions, Threads } from '../ports.ts';
import { NodeThread } from './program-thread.ts';

/** Tasks that may wait for a free thread before `run` rejects with `EBUSY`. */
const WAITING_MAX = 1024;

/** The worker's program is text, so that a bundle needs no second file for it. */
const PROGRAM = `
const { parentPort } = require('node:worker_threads');
const wholeBuffers = (value, found = new Set()) => {
  if (ArrayBuffer.isView(value)) {
    const whole = value.byteOffset === 0 && value.byteLength === value.buffer.byteLength;
    if (whole && value.buffer instanceof ArrayBuffer) found.add(value.buffer);
  } else if (Array.isArray(value)) {
    for (const each of value) wholeBuffers(each, found);
  } else if (value !== null && typeof value === 'object') {
    for (const each of Object.values(value)) wholeBuffers(each, found);
  }
  return found;
};
parentPort.on('message', async ({ module, exportName, input }) => {
  try {
    const exported = (await import(module))[exportName];
    if (typeof exported !== 'function') throw new TypeError(module + ' exports no function ' + exportName);
    const result = await exported(input);
    parentPort.postMessage({ result }, [...wholeBuffers(result)]);
  } catch (error) {
    parentPort.postMessage({ error });
  }
});
`;

interface Task {
  readonly module: string;
  readonly exportName: string;
  readonly input: unknown;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: unknown) => void;
}

interface Thread {
  readonly worker: Worker;
  task: Task | undefined;
}

export class NodeThreads implements Threads {
  readonly #sizeMax: number;
  readonly #threads: Set<Thread> = new Set();
  readonly #waiting: Task[] = [];
  readonly #programs: Set<NodeThread> = new Set();
  #closed = false;

  /** @param sizeMax threads at most; default one fewer than the cores, 1 to 4 */
  constructor(sizeMax: number = Math.min(4, Math.max(1, availableParallelism() - 1))) {
    this.#sizeMax = sizeMax;
  }

  run(module: URL, exportName: string, input: unknown): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (this.#closed) {
        reject(new ThreadError('ECLOSED', 'the thread pool is closed'));
      } else if (this.#waiting.length >= WAITING_MAX) {
        reject(new ThreadError('EBUSY', `${WAITING_MAX} tasks wait for a thread`));
      } else {
        this.#waiting.push({ module: module.href, exportName, input, resolve, reject });
        this.#assign();
      }
    });
  }

  start(options: ThreadOptions): ProgramThread {
    if (this.#closed) throw new ThreadError('ECLOSED', 'the thread pool is closed');
    const program = new NodeThread(options, () => this.#programs.delete(program));
    this.#programs.add(program);
    return program;
  }

  async close(): Promise<void> {
    this.#closed = true;
    const error = new ThreadError('ECLOSED', 'the thread pool was closed');
    for (const task of this.#waiting.splice(0)) task.reject(error);
    const threads = [...this.#threads];
    this.#threads.clear();
    for (const thread of threads) thread.task?.reject(error);
    await Promise.all([
      ...threads.map((thread) => thread.worker.terminate()),
      ...[...this.#programs].map((program) => program.terminate()),
    ]);
  }

  #assign(): void {
    while (this.#waiting.length > 0) {
      const thread = this.#freeThread();
      if (thread === undefined) return;
      const task = this.#waiting.shift();
      if (task === undefined) return;
      this.#give(thread, task);
    }
  }

  #freeThread(): Thread | undefined {
    for (const thread of this.#threads) if (thread.task === undefined) return thread;
    return this.#threads.size < this.#sizeMax ? this.#startThread() : undefined;
  }

  #startThread(): Thread {
    const thread: Thread = { worker: new Worker(PROGRAM, { eval: true }), task: undefined };
    this.#threads.add(thread);
    thread.worker.on('message', (outcome: { result?: unknown; error?: unknown }) => {
      const { task } = thread;
      thread.task = undefined;
      thread.worker.unref();
      if ('error' in outcome) {
        const message = outcome.error instanceof Error ? outcome.error.message : 'not an Error';
        task?.reject(new ThreadError('ETASK', `${task.exportName}: ${message}`, outcome.error));
      } else {
        task?.resolve(outcome.result);
      }
      this.#assign();
    });
    thread.worker.on('error', (error) => this.#lose(thread, error));
    thread.worker.on('exit', () => this.#lose(thread, undefined));
    return thread;
  }

  #give(thread: Thread, task: Task): void {
    const { module, exportName, input } = task;
    try {
      thread.worker.postMessage({ module, exportName, input });
    } catch (error) {
      task.reject(new ThreadError('ETASK', `${exportName}: the input cannot be copied`, error));
      return;
    }
    thread.task = task;
    thread.worker.ref();
  }

  #lose(thread: Thread, cause: unknown): void {
    if (!this.#threads.delete(thread)) return;
    thread.task?.reject(new ThreadError('EWORKER', 'the worker thread died', cause));
    this.#assign();
  }
}

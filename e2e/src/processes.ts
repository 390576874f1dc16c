// Child processes of the tests: started with their lines collected, always ended by id.
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';

export interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A running child. */
export class Child {
  readonly #process: ChildProcessWithoutNullStreams;
  readonly finished: Promise<Finished>;
  stdout = '';
  stderr = '';

  constructor(
    command: string,
    args: readonly string[],
    options: { env?: NodeJS.ProcessEnv; cwd?: string } = {},
  ) {
    this.#process = spawn(command, [...args], {
      ...options,
      env: options.env ?? process.env,
      stdio: 'pipe',
    });
    this.#process.stdout.on('data', (chunk: Buffer) => (this.stdout += chunk.toString()));
    this.#process.stderr.on('data', (chunk: Buffer) => (this.stderr += chunk.toString()));
    this.#process.stdin.on('error', () => undefined);
    this.finished = new Promise((resolve, reject) => {
      this.#process.on('error', reject);
      this.#process.on('close', (code) =>
        resolve({ code, stdout: this.stdout, stderr: this.stderr }),
      );
    });
    this.finished.catch(() => undefined);
  }

  get pid(): number | undefined {
    return this.#process.pid;
  }

  get isRunning(): boolean {
    return this.#process.exitCode === null && this.#process.signalCode === null;
  }

  /** Writes to standard input and ends it. */
  feed(text: string): void {
    this.#process.stdin.end(text);
  }

  /** Ends it: politely, then for good. */
  async stop(signal: NodeJS.Signals = 'SIGTERM', patienceMs = 20_000): Promise<Finished> {
    if (this.isRunning) this.#process.kill(signal);
    const killer = setTimeout(() => this.#process.kill('SIGKILL'), patienceMs);
    try {
      return await this.finished;
    } finally {
      clearTimeout(killer);
    }
  }
}

/** Runs to the end. @throws when it fails, with what it said */
export async function run(
  command: string,
  args: readonly string[],
  options: { input?: string; env?: NodeJS.ProcessEnv; cwd?: string; timeoutMs?: number } = {},
): Promise<Finished> {
  const child = new Child(command, args, options);
  child.feed(options.input ?? '');
  const killer = setTimeout(() => void child.stop('SIGKILL'), options.timeoutMs ?? 120_000);
  const finished = await child.finished.finally(() => clearTimeout(killer));
  if (finished.code !== 0)
    throw new Error(
      `${command} ${args.filter((arg) => !arg.includes('.jar')).join(' ')} ended with ${finished.code}:\n${finished.stdout.slice(-2000)}\n${finished.stderr.slice(-4000)}`,
    );
  return finished;
}

/** Polls until the condition holds. @throws after the limit, naming what was waited for */
export async function until(
  what: string,
  condition: () => boolean | Promise<boolean>,
  limitMs = 60_000,
): Promise<void> {
  const deadline = Date.now() + limitMs;
  for (;;) {
    if (await condition()) return;
    if (Date.now() > deadline) throw new Error(`not within ${limitMs} ms: ${what}`);
    await sleep(50);
  }
}

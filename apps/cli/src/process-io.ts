// The terminal of this process.
import { createReadStream } from 'node:fs';
import type { Socket } from 'node:net';
import type { WriteStream } from 'node:tty';
import type { CliIo, Output } from './io.ts';

/** The real world of a command. Nothing is read, and no signal handled, before a command asks. */
export function processIo(): CliIo {
  const interruption = new Interruption();
  process.stdout.on('error', (error: NodeJS.ErrnoException) => interruption.outputFailed(error));
  return {
    get stdin() {
      return process.stdin;
    },
    stdinIsTty: process.stdin.isTTY,
    stdout: outputOf(process.stdout),
    stderr: outputOf(process.stderr),
    env: process.env,
    invokedAs: invokedAs(process.env),
    platform: async () => (await import('@ottla/platform')).nodePlatform(),
    stayFrugal: async () => void (await import('./young-generation.ts')).boundYoungGeneration(),
    readFile: (path) => createReadStream(path),
    interrupt: () => interruption.start(),
    inputEnd,
    confirm,
  };
}

/** From the end of standard input to the end of this process. */
const END_TIMEOUT_MS = 15_000;

function inputEnd(): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      // Who would force us to end when we do not by ourselves is gone.
      setTimeout(() => process.exit(1), END_TIMEOUT_MS).unref();
      resolve();
    };
    // Broken or closed, its other end is gone: that is what is waited for.
    process.stdin.on('end', end).on('close', end).on('error', end).resume();
    // A pipe is a socket; a file or a terminal ends by itself.
    (process.stdin as Partial<Socket>).unref?.();
  });
}

/** Ctrl-C and its kin as an AbortSignal. */
class Interruption {
  readonly #controller = new AbortController();
  #isStarted = false;

  start(): AbortSignal {
    if (this.#isStarted) return this.#controller.signal;
    this.#isStarted = true;
    for (const signal of ['SIGINT', 'SIGTERM'] as const)
      process.on(signal, () => {
        if (this.#controller.signal.aborted) process.exit(signal === 'SIGINT' ? 130 : 143);
        this.#controller.abort(signal);
      });
    return this.#controller.signal;
  }

  /** `ottla consume … | head` closes our output: that is an end, not a failure. */
  outputFailed(error: NodeJS.ErrnoException): void {
    if (error.code !== 'EPIPE') throw error;
    if (!this.#isStarted) process.exit(0);
    this.#controller.abort('EPIPE');
  }
}

function outputOf(stream: WriteStream & NodeJS.WriteStream): Output {
  return {
    isTty: stream.isTTY,
    hasColors: stream.isTTY && hasColors(process.env),
    columns: stream.isTTY ? stream.columns : undefined,
    write(chunk) {
      if (stream.destroyed || stream.write(chunk)) return undefined;
      return new Promise((resolve) => {
        const done = () => {
          stream.off('drain', done).off('close', done).off('error', done);
          resolve();
        };
        stream.on('drain', done).on('close', done).on('error', done);
      });
    },
  };
}

/** https://no-color.org: any value that is not empty. */
function hasColors(env: NodeJS.ProcessEnv): boolean {
  return (env['NO_COLOR'] ?? '') === '' && env['TERM'] !== 'dumb';
}

function invokedAs(env: NodeJS.ProcessEnv): string {
  if (env['OTTLA_ROOT'] !== undefined) return 'npm run -s ottla --';
  return env['npm_command'] === 'exec' ? 'npx ottla' : 'ottla';
}

async function confirm(question: string): Promise<boolean> {
  const { createInterface } = await import('node:readline/promises');
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return /^y(es)?$/i.test((await terminal.question(`${question} [y/N] `)).trim());
  } finally {
    terminal.close();
  }
}

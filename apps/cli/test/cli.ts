// Runs the CLI in this process, with streams in memory.
import { Buffer } from 'node:buffer';
import { createReadStream } from 'node:fs';
import { nodePlatform, type Platform } from '@ottla/platform';
import type { CliIo, Output } from '../src/io.ts';
import { run } from '../src/run.ts';

/** What a command printed, and its exit code. */
export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly stdoutBytes: Buffer;
}

/** What a test may set of the command's world. */
export interface World {
  readonly stdin?: string | Uint8Array | AsyncIterable<Uint8Array>;
  /** Makes standard input a terminal whose user answers every question so. */
  readonly answer?: boolean;
  readonly env?: Readonly<Record<string, string>>;
  readonly interrupt?: AbortSignal;
  /** Sees standard output as it comes. */
  readonly onStdout?: (text: string) => void;
  readonly onStderr?: (text: string) => void;
  /** Lets the command's time pass so many times as fast. */
  readonly speed?: number;
}

/** Runs `ottla …argv`. */
export async function ottla(argv: readonly string[], world: World = {}): Promise<Outcome> {
  const stdout = new Captured(world.onStdout);
  const stderr = new Captured(world.onStderr);
  const io: CliIo = {
    stdin: input(world.stdin ?? ''),
    stdinIsTty: world.answer !== undefined,
    stdout,
    stderr,
    env: world.env ?? {},
    invokedAs: 'ottla',
    platform: async () => faster(nodePlatform(), world.speed ?? 1),
    stayFrugal: async () => {},
    readFile: (path) => createReadStream(path),
    interrupt: () => world.interrupt ?? new AbortController().signal,
    inputEnd: () => new Promise(() => {}),
    confirm: async () => world.answer ?? false,
  };
  const code = await run(argv, io);
  return { code, stdout: stdout.text(), stderr: stderr.text(), stdoutBytes: stdout.bytes() };
}

function faster(platform: Platform, speed: number): Platform {
  if (speed === 1) return platform;
  const { clock, timers } = platform;
  return {
    ...platform,
    clock: { nowMs: clock.nowMs, monotonicMs: () => clock.monotonicMs() * speed },
    timers: {
      ...timers,
      set: (delayMs, callback) => timers.set(delayMs / speed, callback),
      sleep: (delayMs, signal) => timers.sleep(delayMs / speed, signal),
    },
  };
}

async function* input(
  source: string | Uint8Array | AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  if (typeof source === 'string') yield Buffer.from(source);
  else if (source instanceof Uint8Array) yield source;
  else yield* source;
}

class Captured implements Output {
  readonly isTty = false;
  readonly hasColors = false;
  readonly columns = undefined;
  readonly #chunks: Buffer[] = [];
  readonly #onText: ((text: string) => void) | undefined;

  constructor(onText?: (text: string) => void) {
    this.#onText = onText;
  }

  write(chunk: string | Uint8Array): undefined {
    const bytes = Buffer.from(chunk as Uint8Array);
    this.#chunks.push(bytes);
    this.#onText?.(bytes.toString());
  }

  bytes(): Buffer {
    return Buffer.concat(this.#chunks);
  }

  text(): string {
    return this.bytes().toString();
  }
}

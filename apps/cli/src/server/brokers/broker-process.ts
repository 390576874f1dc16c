// One broker of several as a process of its own: `ottla server`, whose log lines are read for how it is. It is started
// again when it fails or is killed, sooner the first time and later each time that follows quickly; whoever asks it to stop
// (SIGTERM) has it stopped until the next start.
//
//   stopped ─▶ starting ─▶ ready ─▶ stopping ─▶ stopped
//                 ▲  └──────┴──▶ waiting (it failed)
//                 └──────────────────┘
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Timer, Timers } from '@ottla/platform';

/** How a broker's process is. */
export type ProcessState = 'stopped' | 'starting' | 'ready' | 'waiting' | 'stopping';

/** One line of its log. */
export interface LogLine {
  readonly level: string;
  readonly msg: string;
  readonly [field: string]: unknown;
}

export interface BrokerProcessOptions {
  readonly nodeId: number;
  /** Program and arguments. */
  readonly command: readonly [string, ...string[]];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly timers: Pick<Timers, 'set'>;
  readonly onState: (process: BrokerProcess) => void;
  readonly onLine: (process: BrokerProcess, line: LogLine) => void;
  /** For tests; default 500 ms to 10 s. */
  readonly restartDelayMs?: { readonly first: number; readonly max: number };
}

const RESTART_DELAY_MS = { first: 500, max: 10_000 };
/** Who has run for so long gets its next restart soon again. */
const STEADY_MS = 30_000;
/** Before SIGKILL: when all stop, and after SIGTERM, which lets a broker wait five minutes until others lead its partitions. */
const STOP_TIMEOUT_MS = { together: 20_000, leaving: 6 * 60_000 };
/** Lines of standard error that are kept to say why it did not start. */
const COMPLAINT_LINES_MAX = 5;

export class BrokerProcess {
  readonly #options: BrokerProcessOptions;
  #state: ProcessState = 'stopped';
  #child: ChildProcess | undefined;
  #ended: Promise<void> = Promise.resolve();
  #restart: Timer | undefined;
  #restartDelayMs: number;
  #startedMs = 0;
  #complaints: string[] = [];
  #lastEnd: string | undefined;

  constructor(options: BrokerProcessOptions) {
    this.#options = options;
    this.#restartDelayMs = this.#delays.first;
  }

  get nodeId(): number {
    return this.#options.nodeId;
  }
  get state(): ProcessState {
    return this.#state;
  }
  get pid(): number | undefined {
    return this.#child?.pid;
  }
  /** How often it was started again. */
  restarts = 0;
  /** Why it ended last, in a few words. */
  get lastEnd(): string | undefined {
    return this.#lastEnd;
  }
  /** What it said on standard error before it ended. */
  get complaint(): string {
    return this.#complaints.join('\n');
  }

  get #delays(): { readonly first: number; readonly max: number } {
    return this.#options.restartDelayMs ?? RESTART_DELAY_MS;
  }

  start(): void {
    const [program, ...args] = this.#options.command;
    this.#complaints = [];
    this.#startedMs = performance.now();
    const child = spawn(program, args, {
      env: this.#options.env as NodeJS.ProcessEnv,
      // The end of its standard input is our end, however that came.
      stdio: ['pipe', 'pipe', 'pipe'],
      // Ctrl-C in the terminal reaches the whole group; each broker shall stop when its parent says so.
      detached: true,
    });
    this.#child = child;
    this.#ended = new Promise((resolve) => {
      const finished = (end: string, wasOrderly: boolean): void => {
        this.#finished(child, end, wasOrderly);
        resolve();
      };
      child.once('error', (error) => {
        this.#complaints.push(error.message);
        // Where the system gave no process, nothing will close.
        if (child.pid === undefined) finished('no process', false);
      });
      child.once('close', (code, signal) =>
        finished(signal === null ? `exit code ${code}` : `signal ${signal}`, code === 0),
      );
    });
    this.#enter('starting');
    // It is gone before we noticed: `close` says the rest. Without a process there may be no streams.
    child.stdin?.on('error', () => {});
    if (child.stdout)
      createInterface({ input: child.stdout }).on('line', (line) => this.#read(line));
    if (child.stderr)
      createInterface({ input: child.stderr }).on('line', (line) => {
        this.#complaints = [...this.#complaints, line].slice(-COMPLAINT_LINES_MAX);
      });
  }

  /**
   * Asks it to stop and waits until it has; forces it after a while. It is not started again.
   *
   * @param leave whether its partitions shall be led by others first; of no use when all stop
   */
  async stop({ leave = true }: { leave?: boolean } = {}): Promise<void> {
    this.#restart?.cancel();
    const child = this.#child;
    if (child === undefined) {
      this.#enter('stopped');
      return;
    }
    this.#enter('stopping');
    if (leave) child.kill('SIGTERM');
    else child.stdin?.end();
    const timeoutMs = leave ? STOP_TIMEOUT_MS.leaving : STOP_TIMEOUT_MS.together;
    const force = this.#options.timers.set(timeoutMs, () => child.kill('SIGKILL'));
    await this.#ended;
    force.cancel();
  }

  #read(text: string): void {
    const line = logLine(text);
    if (line === undefined) return;
    if (line.msg === 'ready' && this.#state === 'starting') this.#enter('ready');
    this.#options.onLine(this, line);
  }

  /** @param end in a few words */
  #finished(child: ChildProcess, end: string, wasOrderly: boolean): void {
    if (this.#child !== child) return;
    this.#child = undefined;
    this.#lastEnd = end;
    const wasAsked = this.#state === 'ready' && wasOrderly;
    if (this.#state === 'stopping' || wasAsked) {
      this.#enter('stopped');
      return;
    }
    if (performance.now() - this.#startedMs > STEADY_MS) this.#restartDelayMs = this.#delays.first;
    this.#restart = this.#options.timers.set(this.#restartDelayMs, () => {
      this.restarts += 1;
      this.start();
    });
    this.#restartDelayMs = Math.min(this.#restartDelayMs * 2, this.#delays.max);
    this.#enter('waiting');
  }

  #enter(state: ProcessState): void {
    if (this.#state === state) return;
    this.#state = state;
    this.#options.onState(this);
  }
}

function logLine(text: string): LogLine | undefined {
  try {
    const line = JSON.parse(text) as Partial<LogLine> | null;
    return typeof line?.msg === 'string' ? (line as LogLine) : undefined;
  } catch {
    return undefined;
  }
}

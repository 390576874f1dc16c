// What a command may touch of the terminal: passed in, so that tests run commands in-process with streams of their own.
import type { Platform } from '@ottla/platform';

/** One of the two output streams. */
export interface Output {
  readonly isTty: boolean;
  /** False for NO_COLOR, `TERM=dumb` and anything that is not a terminal. */
  readonly hasColors: boolean;
  /** Characters of a line; undefined where there is no terminal. */
  readonly columns: number | undefined;
  /** @returns a promise to wait for when the reader is slower than the writer, else undefined */
  write(chunk: string | Uint8Array): Promise<void> | undefined;
}

/** The world of one command. */
export interface CliIo {
  readonly stdin: AsyncIterable<Uint8Array>;
  readonly stdinIsTty: boolean;
  readonly stdout: Output;
  readonly stderr: Output;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** How the user started the command, for lines to copy: `npx ottla`, `npm run ottla --` or `ottla`. */
  readonly invokedAs: string;
  /** The same process-wide platform for broker and clients. Asked for by commands only, never for help. */
  platform(): Promise<Platform>;
  /** This process is a server, which stays: its garbage may not take more memory than it needs. */
  stayFrugal(): Promise<void>;
  /** Bytes of a file that the user names. */
  readFile(path: string): AsyncIterable<Uint8Array>;
  /**
   * From this call on, Ctrl-C (SIGINT), SIGTERM and a closed standard output abort the signal rather than end the
   * process; a second Ctrl-C ends it at once.
   */
  interrupt(): AbortSignal;
  /**
   * Resolves when standard input has ended, whatever it held; waiting for that keeps no process alive. 15 s later the process
   * ends, done or not.
   */
  inputEnd(): Promise<void>;
  /** Asks a yes/no question on the terminal. Called only when `stdinIsTty`. */
  confirm(question: string): Promise<boolean>;
}

// The ports: everything that Ottla's libraries and servers want from the outside world.
// Node's implementations live in `node/`, the deterministic simulated ones in `simulated/`;
// `test/conformance` holds the suite that both must pass. See DESIGN §4.1.

/** Where all effects come from. Passed in, never imported; public constructors default to Node's. */
export interface Platform {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly disk: Disk;
  readonly net: Net;
  readonly dns: Dns;
  readonly threads: Threads;
}

export interface Clock {
  /** Wall clock, milliseconds since 1970, integer. May jump; for record timestamps and display. */
  nowMs(): number;
  /** Never goes back; milliseconds with fractions from an arbitrary start. For timeouts and latencies. */
  monotonicMs(): number;
}

export interface Timers {
  /** Calls `callback` once, `delayMs` (≥ 0) from now, unless cancelled before. */
  set(delayMs: number, callback: () => void): Timer;
  /** Resolves after `delayMs`; rejects with the signal's reason when aborted first. */
  sleep(delayMs: number, signal?: AbortSignal): Promise<void>;
  /** Calls `callback` in a later turn of the event loop, after pending I/O had its chance. */
  yield(callback: () => void): void;
}

export interface Timer {
  /** Idempotent. After it returns the callback is never called. */
  cancel(): void;
}

export interface Random {
  /** Uniform in [0, 2^32). */
  uint32(): number;
  /** Uniform in [0, 1). */
  float(): number;
  /** Uniform integer in [0, boundExclusive). */
  below(boundExclusive: number): number;
  bytes(length: number): Buffer;
}

// ---- disk -------------------------------------------------------------------------------------

/** How a file is opened: `read`: must exist, read only; `write`: created if absent, read and write at positions. */
export type OpenMode = 'read' | 'write';

export interface FileStat {
  readonly kind: 'file' | 'directory';
  /** Bytes. */
  readonly size: number;
  readonly modifiedMs: number;
}

/**
 * A file system. Paths use `/`. Every failure is a `DiskError` with Node's code
 * (`ENOENT`, `EEXIST`, `ENOSPC`, `EIO`, `EACCES`, …).
 */
export interface Disk {
  open(path: string, mode: OpenMode): Promise<DiskFile>;
  /** Whole file. */
  readFile(path: string): Promise<Buffer>;
  /** Writes a temporary file, syncs it, renames it over `path` and syncs the folder: old or new, never a mixture. */
  replaceFile(path: string, content: Uint8Array): Promise<void>;
  /** Creates parents too; no error if it exists. Durable once `syncDirectory` of each parent has returned. */
  mkdir(path: string): Promise<void>;
  /** Names (not paths), sorted. */
  readdir(path: string): Promise<string[]>;
  /** Undefined when there is nothing at `path`. */
  stat(path: string): Promise<FileStat | undefined>;
  rename(from: string, to: string): Promise<void>;
  /** Removes a file, or a folder with all it holds. No error when there is nothing. */
  remove(path: string): Promise<void>;
  /** Makes creations, renames and removals inside the folder durable. */
  syncDirectory(path: string): Promise<void>;
  /** Takes the lock that excludes other processes, Java's included (DESIGN §4.8). Throws `DiskError` code `ELOCKED` when held;
   * so does opening or reading the file while this process holds it, for closing it again would drop the lock. */
  lock(path: string): Promise<DiskLock>;
  /** Bytes of the volume that holds `path`. */
  space(path: string): Promise<{ totalBytes: number; usableBytes: number }>;
}

export interface DiskFile {
  readonly path: string;
  /** Reads up to `target.length` bytes at `position` (bytes from the start); returns the count, 0 at the end. */
  read(target: Uint8Array, position: number): Promise<number>;
  /**
   * As `read`, but done when it returns: for bytes that are likely in the system's cache. It holds the caller for as long as
   * the device takes when they are not: watch how long it takes. @throws DiskError
   */
  readNow(target: Uint8Array, position: number): number;
  /** Writes all of `source` at `position`; either everything was handed to the system or it rejects. */
  write(source: readonly Uint8Array[], position: number): Promise<void>;
  /**
   * As `write`, but done when it returns: for a few pages into the system's cache, where giving the call to another thread
   * costs several times the copy. It holds the caller for as long as the system makes writers wait: watch how long it takes.
   * @throws DiskError; a part may have been written
   */
  writeNow(source: readonly Uint8Array[], position: number): void;
  /** Makes the written bytes durable. After a failure the file must be treated as lost, never retried as if it had worked. */
  datasync(): Promise<void>;
  truncate(sizeBytes: number): Promise<void>;
  stat(): Promise<FileStat>;
  close(): Promise<void>;
}

export interface DiskLock {
  release(): Promise<void>;
}

// ---- net --------------------------------------------------------------------------------------

export interface Net {
  /** Port 0 asks for a free one. Rejects with `NetError` (`EADDRINUSE`, `EACCES`, …). */
  listen(options: ListenOptions, accept: (connection: Connection) => void): Promise<Listener>;
  connect(options: ConnectOptions): Promise<Connection>;
  /** Two ends of an in-memory connection inside this process: same interface, no socket. */
  pipe(): readonly [Connection, Connection];
}

export interface ListenOptions {
  readonly host: string;
  readonly port: number;
  /** TLS for every accepted connection. */
  readonly tls?: TlsServerOptions;
  readonly backlog?: number;
  /** Told of a peer that could not be accepted (descriptors used up, a TLS handshake that failed); the listener goes on. */
  readonly onError?: (error: Error) => void;
}

export interface ConnectOptions {
  readonly host: string;
  readonly port: number;
  readonly tls?: TlsClientOptions;
  /** Milliseconds until `NetError` `ETIMEDOUT`; default 10,000. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

export interface TlsServerOptions {
  readonly key: string | Buffer;
  readonly cert: string | Buffer;
  readonly ca?: string | Buffer;
  /** Demand and verify a client certificate. */
  readonly requestCert?: boolean;
}

export interface TlsClientOptions {
  readonly ca?: string | Buffer;
  readonly key?: string | Buffer;
  readonly cert?: string | Buffer;
  readonly servername?: string;
  readonly rejectUnauthorized?: boolean;
}

export interface Listener {
  readonly host: string;
  readonly port: number;
  /** Stops accepting. Open connections live on; their owner destroys them. */
  close(): Promise<void>;
}

/**
 * A byte stream in both directions. Born paused: nothing is delivered before `start`.
 * `onClose` is called exactly once, last, whoever ended it.
 */
export interface Connection {
  readonly remoteHost: string;
  readonly remotePort: number;
  readonly localHost: string;
  readonly localPort: number;
  start(handlers: ConnectionHandlers): void;
  /**
   * Queues the chunks, in order, without copying: they must not change until `onFlushed` is called
   * (or the connection closed). After `end` or a close nothing more is sent and `onFlushed` is not called.
   * @returns false when `pendingWriteBytes` is above the high-water mark: stop until `onDrain`
   */
  write(chunks: readonly Uint8Array[], onFlushed?: () => void): boolean;
  /** Bytes accepted by `write` and not yet handed to the system. */
  readonly pendingWriteBytes: number;
  /** Stops `onData` (at most one more chunk that was under way). */
  pause(): void;
  resume(): void;
  /** Sends what is queued, then the end of stream. */
  end(): void;
  /** Cuts the connection now. */
  destroy(): void;
}

export interface ConnectionHandlers {
  /** At most 64 KB. The chunk belongs to the system and is valid during this call only: copy what is kept. */
  onData(chunk: Buffer): void;
  /** The peer ended its direction. Without this handler the other direction is ended as well. */
  onEnd?(): void;
  /** The write queue fell below the low-water mark after `write` had returned false. */
  onDrain?(): void;
  onClose(error?: Error): void;
}

export interface Dns {
  /** Addresses of a host name, in the order to try. */
  resolve(host: string): Promise<string[]>;
  /** This machine's name. */
  hostname(): string;
}

// ---- threads ----------------------------------------------------------------------------------

/** Work beside the event loop: pure functions of bytes in a pool, and long-running programs in threads of their own. */
export interface Threads {
  /**
   * Runs `exportName` of `module` with `input` elsewhere. The input's buffers are copied, the result is transferred
   * (a `Buffer` arrives as `Uint8Array`). In the simulation it runs in place. Rejects with `ThreadError`.
   */
  run(module: URL, exportName: string, input: unknown): Promise<unknown>;
  /**
   * Starts a program in a thread of its own, outside the pool. In the simulation it runs in place, and cannot be stopped
   * while it computes.
   * @throws ThreadError `ECLOSED` after `close`, `ETASK` when the input cannot be copied
   */
  start(options: ThreadOptions): Thread;
  /** Rejects what waits, terminates every thread. */
  close(): Promise<void>;
}

/** A long-running program: `exportName` of `module`, called as `(input, port: ThreadPort) => void | Promise<void>`. */
export interface ThreadOptions {
  readonly module: URL;
  readonly exportName: string;
  /** Copied. */
  readonly input: unknown;
  /** For debuggers and messages. */
  readonly name: string;
  /** Bytes of JavaScript heap after which the thread (not the process) dies. Default: the process's. */
  readonly heapBytesMax?: number;
  /**
   * Bytes for objects that were just made. Less of it makes a thread that is busy smaller, and has it look for garbage more
   * often. Default: the process's.
   */
  readonly youngBytesMax?: number;
  /** What the program posts, in order. */
  onMessage(message: unknown): void;
  /**
   * Called exactly once, last. Without an error when the program returned or `terminate` was called; else `ThreadError`:
   * `ETASK` the program threw (the cause says what), `EWORKER` the thread died (an error outside the program's promise, its
   * memory used up, an exit).
   */
  onExit(error?: Error): void;
}

/** The owner's end of a program's thread. */
export interface Thread {
  /** Copies the message to the program; after the exit it is dropped. @throws ThreadError `ETASK` when it cannot be copied */
  post(message: unknown): void;
  /** Stops the program where it stands, in an endless loop too. Resolves after `onExit`; idempotent. */
  terminate(): Promise<void>;
}

/** The program's end. */
export interface ThreadPort {
  post(message: unknown): void;
  /** Sets who gets the owner's messages; those that came before wait for it. A buffer arrives as `Uint8Array`. */
  listen(handler: (message: unknown) => void): void;
}

// ---- log lines --------------------------------------------------------------------------------

/** The small interface through which libraries log; apps hand in pino. */
export interface Logger {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  /** A logger that adds `fields` to every line. */
  child(fields: LogFields): Logger;
}

export type LogFields = Readonly<Record<string, unknown>>;

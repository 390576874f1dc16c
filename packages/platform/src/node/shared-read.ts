// Sockets that read into one buffer which all of them share, instead of 64 KB of fresh memory for every read: half the CPU of
// receiving, and nothing for the garbage collector. It is safe because the system's read and the callback are one step of
// libuv on Unix. On Windows reads are posted ahead of their data, so there a socket keeps its own memory.
import * as net from 'node:net';

/** The most bytes that `onData` gets at once. */
export const CHUNK_BYTES_MAX: number = 64 * 1024;

/** Who gets what a socket reads. Nothing is read before `onData` is set. */
export interface Receiver {
  onData: ((chunk: Buffer) => void) | undefined;
}

let shared: Buffer | undefined;

/** Node's `onread` option for a socket of its own; undefined where memory cannot be shared. */
export function sharedRead(receiver: Receiver): net.OnReadOpts | undefined {
  if (process.platform === 'win32') return undefined;
  shared ??= Buffer.allocUnsafeSlow(CHUNK_BYTES_MAX);
  return {
    buffer: shared,
    callback: (length, buffer) => {
      receiver.onData?.((buffer as Buffer).subarray(0, length));
      return true;
    },
  };
}

/** What an accepted socket's handle has, and what Node's constructor takes, outside the documented interface. */
interface Internals {
  _handle: { readonly useUserBuffer?: unknown } | null;
}
type HandleOptions = Omit<net.SocketConstructorOpts, 'handle'> & {
  readonly handle: unknown;
  readonly pauseOnCreate: boolean;
};

/**
 * Node takes `onread` for sockets that it connects, not for those that it accepts. So the handle moves into a socket that was made
 * with it, as Node's own cluster module moves handles.
 *
 * @param socket accepted and paused; not to be used again
 * @returns the new socket, or undefined when this Node has no such handle; then `socket` is as it was
 */
export function adoptAccepted(socket: net.Socket, receiver: Receiver): net.Socket | undefined {
  const onread = sharedRead(receiver);
  const accepted = socket as unknown as Internals;
  const handle = accepted._handle;
  if (onread === undefined || typeof handle?.useUserBuffer !== 'function') return undefined;
  accepted._handle = null;
  const options: HandleOptions = { handle, onread, allowHalfOpen: true, pauseOnCreate: true };
  return new net.Socket(options as net.SocketConstructorOpts);
}

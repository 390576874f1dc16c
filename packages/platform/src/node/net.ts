// TCP and TLS of Node behind the `Net` port.
import * as net from 'node:net';
import * as tls from 'node:tls';
import { NetError } from '../errors.ts';
import { MemoryPipe } from '../memory/pipe.ts';
import type { Connection, ConnectOptions, Listener, ListenOptions, Net } from '../ports.ts';
import { DEFAULT_WATER_MARKS, NodeConnection, type WaterMarks } from './connection.ts';
import { toNetError } from './net-errors.ts';
import { adoptAccepted, type Receiver, sharedRead } from './shared-read.ts';

const BACKLOG_DEFAULT = 511;
const CONNECT_TIMEOUT_MS_DEFAULT = 10_000;
const HANDSHAKE_TIMEOUT_MS = 10_000;

/** Every socket: no delay for small answers, dead peers found by the system. */
const SOCKET_OPTIONS = { noDelay: true, keepAlive: true, allowHalfOpen: true };

export class NodeNet implements Net {
  readonly #marks: WaterMarks;

  constructor(marks: Partial<WaterMarks> = {}) {
    this.#marks = { ...DEFAULT_WATER_MARKS, ...marks };
  }

  listen(options: ListenOptions, accept: (connection: Connection) => void): Promise<Listener> {
    const server =
      options.tls === undefined
        ? net.createServer({ ...SOCKET_OPTIONS, pauseOnConnect: true }, (socket) =>
            accept(this.#accepted(socket)),
          )
        : tlsServer(
            options.tls,
            (socket) => accept(new NodeConnection(socket, this.#marks)),
            options.onError,
          );
    const where = `listen on ${options.host}:${options.port}`;
    return new Promise((resolve, reject) => {
      server.once('error', (error) => reject(toNetError(error, where)));
      server.listen(
        { host: options.host, port: options.port, backlog: options.backlog ?? BACKLOG_DEFAULT },
        () => {
          server.removeAllListeners('error');
          server.on('error', (error) => options.onError?.(toNetError(error, where)));
          resolve(listenerOf(server));
        },
      );
    });
  }

  #accepted(socket: net.Socket): NodeConnection {
    const receiver: Receiver = { onData: undefined };
    const adopted = adoptAccepted(socket, receiver);
    return adopted === undefined
      ? new NodeConnection(socket, this.#marks)
      : new NodeConnection(adopted, this.#marks, receiver);
  }

  connect(options: ConnectOptions): Promise<Connection> {
    const { host, port, signal } = options;
    const where = `connect to ${host}:${port}`;
    return new Promise((resolve, reject) => {
      if (signal?.aborted === true) {
        reject(signal.reason);
        return;
      }
      const receiver: Receiver = { onData: undefined };
      const onread = options.tls === undefined ? sharedRead(receiver) : undefined;
      const socket = openSocket(options, onread);
      const timeoutMs = options.timeoutMs ?? CONNECT_TIMEOUT_MS_DEFAULT;
      const timer = setTimeout(
        () => fail(new NetError('ETIMEDOUT', `${where}: no answer in ${timeoutMs} ms`)),
        timeoutMs,
      );
      const onAbort = (): void => fail(signal?.reason);
      const onError = (error: Error): void => fail(toNetError(error, where));
      const onEarlyClose = (): void => fail(new NetError('ECONNRESET', `${where}: closed`));
      const settle = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', onAbort);
        socket.off('close', onEarlyClose);
      };
      const fail = (error: unknown): void => {
        settle();
        socket.destroy();
        reject(error);
      };
      signal?.addEventListener('abort', onAbort, { once: true });
      // Stays for good: an error after `fail` has no one left to tell.
      socket.on('error', onError);
      socket.once('close', onEarlyClose);
      socket.once(options.tls === undefined ? 'connect' : 'secureConnect', () => {
        settle();
        socket.off('error', onError);
        socket.pause();
        resolve(
          new NodeConnection(socket, this.#marks, onread === undefined ? undefined : receiver),
        );
      });
    });
  }

  pipe(): readonly [Connection, Connection] {
    return new MemoryPipe({ defer: (callback) => void setImmediate(callback), ...this.#marks })
      .ends;
  }
}

function openSocket(options: ConnectOptions, onread: net.OnReadOpts | undefined): net.Socket {
  const { host, port } = options;
  if (options.tls === undefined)
    return net.connect({ ...SOCKET_OPTIONS, host, port, ...(onread && { onread }) });
  // SNI carries names only; Node refuses an address there.
  const servername = options.tls.servername ?? (net.isIP(host) === 0 ? host : '');
  const socket = tls.connect({ ...SOCKET_OPTIONS, host, port, ...options.tls, servername });
  socket.setNoDelay(true);
  socket.setKeepAlive(true);
  return socket;
}

function tlsServer(
  options: NonNullable<ListenOptions['tls']>,
  onSocket: (socket: net.Socket) => void,
  onError: ((error: Error) => void) | undefined,
): tls.Server {
  const server = tls.createServer(
    {
      ...SOCKET_OPTIONS,
      ...options,
      rejectUnauthorized: options.requestCert === true,
      handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
    },
    onSocket,
  );
  server.on('tlsClientError', (error, socket) => {
    socket.destroy();
    onError?.(toNetError(error, `TLS handshake with ${socket.remoteAddress ?? 'a peer gone'}`));
  });
  return server;
}

function listenerOf(server: net.Server): Listener {
  const address = server.address() as net.AddressInfo; // a TCP server that listens
  let closing: Promise<void> | undefined;
  return {
    host: address.address,
    port: address.port,
    // Node's own callback waits for the open connections as well; the handle itself is gone after the
    // closing phase of this turn.
    close() {
      closing ??= new Promise((resolve) => {
        server.close();
        setImmediate(() => setImmediate(resolve));
      });
      return closing;
    },
  };
}

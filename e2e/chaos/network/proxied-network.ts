// TCP proxies in front of all listeners of all nodes, which know who talks to whom by the client id of the first request: the
// weather between any two parties, each way, can be changed while connections are open.
import { connect, createServer, type Server, type Socket } from 'node:net';
import type { Network } from '../../src/cluster.ts';
import { CLEAR, Pipe, type Weather } from './link.ts';
import { type Party, partyOf } from './party.ts';

interface Connection {
  /** A client, until its first request says who it is. */
  from: Party;
  readonly to: number;
  readonly pipes: Pipe[];
  /** The side that has opened it, and the node's. */
  readonly near: Socket;
  readonly far: Socket;
  /** One side was closed and the other shall not hear of it. */
  isHalfOpen: boolean;
}

export class ProxiedNetwork implements Network {
  readonly #servers: Server[] = [];
  readonly #connections = new Set<Connection>();
  /** By "from>to". */
  readonly #weather: Map<string, Weather> = new Map();

  async front(nodeId: number, _listener: string, port: number): Promise<number> {
    const server = createServer((socket) => this.#accept(socket, nodeId, port));
    this.#servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return (server.address() as { port: number }).port;
  }

  /** Changes how bytes go from one party to another, from now on. */
  set(from: Party, to: Party, weather: Weather): void {
    this.#weather.set(`${from}>${to}`, weather);
    this.#refresh();
  }

  /** Changes both ways between a node and all others, clients too unless they are spared. */
  isolate(node: number, nodes: readonly number[], weather: Weather, spared?: 'client'): void {
    const others: Party[] = nodes.filter((each) => each !== node);
    if (spared === undefined) others.push('client');
    for (const other of others) {
      this.set(node, other, weather);
      this.set(other, node, weather);
    }
  }

  /** Connections between a node and other nodes break for the others; the node itself is told nothing. New ones work. */
  halfOpen(node: number): void {
    for (const connection of this.#connections) {
      const { from, to, near, far } = connection;
      if (from === 'client' || from === to || (from !== node && to !== node)) continue;
      connection.isHalfOpen = true;
      (from === node ? far : near).destroy();
    }
  }

  /** Clear weather; connections that were half closed are closed for good. */
  heal(): void {
    this.#weather.clear();
    for (const connection of this.#connections) connection.isHalfOpen = false;
    this.#refresh();
  }

  /** What was held may go; who missed a close hears of it. */
  #refresh(): void {
    for (const connection of this.#connections) {
      const { near, far, pipes } = connection;
      if (near.destroyed) this.#tellClosed(connection, near, far);
      if (far.destroyed) this.#tellClosed(connection, far, near);
      for (const pipe of pipes) pipe.changed();
    }
  }

  async close(): Promise<void> {
    for (const { near, far } of this.#connections) {
      near.destroy();
      far.destroy();
    }
    await Promise.all(
      this.#servers.map((server) => new Promise((resolve) => server.close(resolve))),
    );
  }

  #accept(near: Socket, to: number, port: number): void {
    const far = connect(port, '127.0.0.1');
    const connection: Connection = { from: 'client', to, pipes: [], near, far, isHalfOpen: false };
    // Before the pipe that shall know it.
    near.once('data', (bytes: Buffer) => (connection.from = partyOf(bytes)));
    connection.pipes.push(
      new Pipe(near, far, () => this.#between(connection.from, to)),
      new Pipe(far, near, () => this.#between(to, connection.from)),
    );
    this.#connections.add(connection);
    near.setNoDelay(true);
    far.setNoDelay(true);
    this.#whenClosed(connection, near, far);
    this.#whenClosed(connection, far, near);
  }

  #whenClosed(connection: Connection, closed: Socket, other: Socket): void {
    closed.on('error', () => closed.destroy());
    closed.on('close', () => this.#tellClosed(connection, closed, other));
  }

  /** A close is news as bytes are: while the way is held, the other side does not hear of it. */
  #tellClosed(connection: Connection, closed: Socket, other: Socket): void {
    const { from, to, near, pipes, isHalfOpen } = connection;
    const weather = closed === near ? this.#between(from, to) : this.#between(to, from);
    if (!isHalfOpen && weather.isHeld !== true) other.destroy();
    if (!other.destroyed) return;
    for (const pipe of pipes) pipe.close();
    this.#connections.delete(connection);
  }

  #between(from: Party, to: Party): Weather {
    return this.#weather.get(`${from}>${to}`) ?? CLEAR;
  }
}

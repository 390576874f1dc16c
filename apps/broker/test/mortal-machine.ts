// A machine on which a node can be killed inside this process: Node's ports, behind which nothing happens any more after
// `crash`: no timer fires, no byte arrives, no promise of a port settles. Its memory disk outlives it, as a disk does.
import {
  type Connection,
  type Disk,
  type DiskFile,
  type DiskLock,
  type Listener,
  memoryDisk,
  NetError,
  nodePlatform,
  type Platform,
  type Timer,
} from '@ottla/platform';

/** What a cluster's node lives on; nodes of a simulated world are such machines too. */
export interface Machine {
  /** Where its listeners bind. */
  readonly address: string;
  /** The ports of the present life. */
  readonly platform: Platform;
  /** Ends the present life at once. */
  crash(): void;
  /** Begins the next life on what the disk kept. */
  restart(): Platform;
}

/** On loopback, with real sockets and a disk in memory. */
export class MortalMachine implements Machine {
  readonly address = '127.0.0.1';
  #disk: Disk = newDisk();
  #life = new Life(this.#disk);

  get platform(): Platform {
    return this.#life.platform;
  }

  crash(): void {
    this.#life.end();
  }

  /** The next life begins with an empty disk. */
  replaceDisk(): void {
    this.#disk = newDisk();
  }

  restart(): Platform {
    this.crash();
    this.#life = new Life(this.#disk);
    return this.#life.platform;
  }
}

function newDisk(): Disk {
  return memoryDisk({ capacityBytes: 1024 * 1024 * 1024 });
}

class Life {
  readonly platform: Platform;
  readonly #connections = new Set<Connection>();
  readonly #listeners = new Set<Listener>();
  readonly #timers = new Set<Timer>();
  readonly #locks = new Set<DiskLock>();
  #isOver = false;

  constructor(disk: Disk) {
    const real = nodePlatform();
    this.platform = {
      ...real,
      timers: this.#timersOf(real),
      net: this.#netOf(real),
      disk: this.#diskOf(disk),
    };
  }

  end(): void {
    this.#isOver = true;
    for (const timer of this.#timers) timer.cancel();
    for (const connection of this.#connections) connection.destroy();
    for (const listener of this.#listeners) void listener.close();
    for (const lock of this.#locks) void lock.release();
  }

  /** Settles as the promise does, or never once this life is over. */
  #alive<T>(promise: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      promise.then(
        (value) => {
          if (!this.#isOver) resolve(value);
        },
        (error: unknown) => {
          if (!this.#isOver) reject(error as Error);
        },
      );
    });
  }

  #timersOf({ timers }: Platform): Platform['timers'] {
    return {
      set: (delayMs, callback) => {
        const timer = timers.set(delayMs, () => {
          this.#timers.delete(timer);
          if (!this.#isOver) callback();
        });
        this.#timers.add(timer);
        return {
          cancel: () => {
            this.#timers.delete(timer);
            timer.cancel();
          },
        };
      },
      sleep: (delayMs, signal) => this.#alive(timers.sleep(delayMs, signal)),
      yield: (callback) =>
        timers.yield(() => {
          if (!this.#isOver) callback();
        }),
    };
  }

  #netOf({ net }: Platform): Platform['net'] {
    return {
      listen: async (options, accept) => {
        const listener = await this.#alive(
          net.listen(options, (connection) => accept(this.#mortal(connection))),
        );
        this.#listeners.add(listener);
        return listener;
      },
      connect: async (options) => {
        if (this.#isOver) throw new NetError('ECONNABORTED', 'this life is over');
        return this.#mortal(await this.#alive(net.connect(options)));
      },
      pipe: () => {
        const [near, far] = net.pipe();
        return [this.#mortal(near), this.#mortal(far)];
      },
    };
  }

  #mortal(connection: Connection): Connection {
    if (this.#isOver) connection.destroy();
    this.#connections.add(connection);
    return new Proxy(connection, {
      get: (target, name) => {
        if (name === 'start') return this.#starter(target);
        const value: unknown = Reflect.get(target, name, target);
        return typeof value === 'function' ? (value.bind(target) as unknown) : value;
      },
    });
  }

  #starter(connection: Connection): Connection['start'] {
    return (handlers) => {
      const guarded = (call: () => void): void => {
        if (!this.#isOver) call();
      };
      connection.start({
        onData: (chunk) => guarded(() => handlers.onData(chunk)),
        onDrain: () => guarded(() => handlers.onDrain?.()),
        onClose: (error) => {
          this.#connections.delete(connection);
          guarded(() => handlers.onClose(error));
        },
        ...(handlers.onEnd === undefined ? {} : { onEnd: () => guarded(() => handlers.onEnd?.()) }),
      });
    };
  }

  #diskOf(disk: Disk): Disk {
    return this.#guarded(disk, {
      open: async (...args) => this.#guarded(await this.#alive(disk.open(...args)), {}),
      lock: async (path) => {
        const lock = await this.#alive(disk.lock(path));
        this.#locks.add(lock);
        return lock;
      },
    });
  }

  /** All calls of a port, dead once this life is over. */
  #guarded<T extends Disk | DiskFile>(port: T, own: Partial<T>): T {
    return new Proxy(port, {
      get: (target, name) => {
        const value: unknown = Reflect.get(own, name) ?? Reflect.get(target, name, target);
        if (typeof value !== 'function') return value;
        return (...args: unknown[]) => {
          if (this.#isOver) return new Promise(() => {});
          const result: unknown = Reflect.apply(value, target, args);
          return result instanceof Promise ? this.#alive(result) : result;
        };
      },
    });
  }
}

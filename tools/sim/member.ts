// One server of the cluster and who looks after it: started, and started again when it has crashed or given up.
import { BrokerConfig, formatStorage, type RunningServer, startServer } from '@ottla/broker';
import type { ServerParts } from '../../apps/broker/test/server-parts.ts';
import type { Logger } from '@ottla/platform';
import type { CrashOptions, SimulatedNode, Simulation } from '@ottla/platform/simulated';
import type { PlannedMember } from './member-properties.ts';

export interface MemberOptions {
  readonly simulation: Simulation;
  readonly planned: PlannedMember;
  readonly clusterId: string;
  /** What was acknowledged is on the disk. */
  readonly isSynced: boolean;
  readonly logger: (name: string) => Logger | undefined;
}

/** How long whoever looks after the servers takes to see that one is gone. */
const WATCH_EVERY_MS = 500;
const READY_TIMEOUT_MS = 60_000;

export class Member {
  readonly name: string;
  readonly node: SimulatedNode;
  readonly planned: PlannedMember;
  readonly nodeId: number;
  /** Undefined while it starts or is down. */
  server: RunningServer | undefined;
  /** Of the newest life, as soon as they are there. */
  parts: ServerParts | undefined;
  /** Times it had to stop by itself, or could not start. */
  gaveUpCount = 0;
  lastError: unknown;
  readonly #options: MemberOptions;
  /** It is part of the cluster: begun, and not retired. */
  #isWanted = false;
  /** Its directory is another one from here on; the voters know the former. */
  #hasNewDisk = false;
  /** Which start counts. */
  #startCount = 0;
  /** It is down, and the time of its next start is set. */
  #isDown = false;

  constructor(options: MemberOptions) {
    this.#options = options;
    this.planned = options.planned;
    this.name = options.planned.name;
    this.nodeId = options.planned.nodeId;
    this.node = options.simulation.node(this.name);
  }

  get isWanted(): boolean {
    return this.#isWanted;
  }

  get isSynced(): boolean {
    return this.#options.isSynced;
  }

  /** Starts it and keeps it up from here on. */
  begin(): void {
    this.#isWanted = true;
    this.#start();
    this.#watch();
  }

  /** Ends it in peace, for good. */
  async retire(): Promise<void> {
    const { server } = this;
    this.#isWanted = false;
    this.server = undefined;
    this.#startCount++;
    await Promise.race([server?.close(), this.#down()]);
    if (this.node.isUp) this.node.crash({ unsynced: 'keep' });
    this.parts = undefined;
  }

  /** Ends it for good, with all that it has. */
  lose(): void {
    this.#isWanted = false;
    this.server = undefined;
    this.#startCount++;
    if (this.node.isUp) this.node.crash({ unsynced: 'lose' });
    this.node.disk.erase();
    this.parts = undefined;
  }

  /** Resolves when its machine is down: what it was about to do never ends then. */
  #down(): Promise<void> {
    return new Promise((resolve) => {
      const look = (): void => {
        if (this.node.isUp) this.#options.simulation.at(WATCH_EVERY_MS, look);
        else resolve();
      };
      look();
    });
  }

  /** Down for `downMs`, then up again with an empty disk. @returns false when it is down already */
  replaceDisk(downMs: number): boolean {
    if (this.#isDown || !this.#isWanted) return false;
    this.crash(downMs, { unsynced: 'lose' });
    this.node.disk.erase();
    this.#hasNewDisk = true;
    return true;
  }

  /** Down for `downMs`, then up again. */
  crash(downMs: number, options: CrashOptions): void {
    if (this.#isDown || !this.#isWanted) return;
    this.node.crash(options);
    this.#restartIn(downMs);
  }

  /** Stops in peace, is down for `downMs`, and comes back; unless something else ends it meanwhile. */
  async restart(downMs: number): Promise<void> {
    const { server } = this;
    if (server === undefined) return;
    this.server = undefined;
    const start = this.#startCount;
    await server.close();
    if (start === this.#startCount) this.crash(downMs, { unsynced: 'keep' });
  }

  #restartIn(downMs: number): void {
    this.server = undefined;
    this.#isDown = true;
    this.#startCount++;
    this.#options.simulation.at(downMs, () => {
      this.#isDown = false;
      if (!this.#isWanted) return;
      this.node.restart();
      this.#start();
    });
  }

  #start(): void {
    const { clusterId, logger, simulation } = this.#options;
    const start = ++this.#startCount;
    this.parts = undefined;
    const { platform } = this.node;
    const log = logger(this.name);
    const giveUp = (error: unknown): void => {
      if (start !== this.#startCount) return;
      this.gaveUpCount++;
      this.lastError = error;
      this.server = undefined;
      // The machine is started anew: after a failed sync the system shows bytes that the disk does not have.
      simulation.at(0, () => {
        if (start === this.#startCount)
          this.node.crash({ unsynced: this.#options.isSynced ? 'lose' : 'keep' });
      });
    };
    const config = BrokerConfig.load({ presets: this.planned.properties });
    const serve = (): Promise<RunningServer> =>
      startServer({
        config,
        platform,
        clusterId,
        readyTimeoutMs: READY_TIMEOUT_MS,
        onFatal: giveUp,
        onAssembled: (parts) => {
          if (start === this.#startCount) this.parts = parts as ServerParts;
        },
        ...(log === undefined ? {} : { logger: log }),
      });
    const starting = this.planned.format === undefined ? serve() : this.#format(config).then(serve);
    starting.then((server) => {
      if (start === this.#startCount) this.server = server;
    }, giveUp);
  }

  /** As `ottla storage format` before the first start; a directory that is formatted is left as it is. */
  async #format(config: BrokerConfig): Promise<void> {
    const { platform } = this.node;
    const first = this.planned.format?.voters;
    const voters = this.#hasNewDisk && first !== undefined ? 'none' : first;
    await formatStorage({
      platform,
      config,
      clusterId: this.#options.clusterId,
      ignoreFormatted: true,
      print: () => undefined,
      ...(voters === undefined ? {} : { voters }),
    });
  }

  /** A disk's fault may have ended the node's life without a word. */
  #watch(): void {
    this.#options.simulation.at(WATCH_EVERY_MS, () => {
      if (!this.#isWanted) return;
      if (!this.node.isUp && !this.#isDown) this.#restartIn(WATCH_EVERY_MS);
      this.#watch();
    });
  }
}

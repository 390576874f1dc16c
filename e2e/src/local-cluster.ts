// Several brokers on this machine as somebody types them: `ottla server --brokers N` in one terminal, commands in another.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { lastingPorts } from './lasting-port.ts';
import { Child, run, until } from './processes.ts';
import { ottlaCommand } from './servers.ts';

const LIMIT_MS = 120_000;
/** Ports of brokers, and of controllers 10,000 above. */
const BROKERS_MAX = 8;

/** What `ottla cluster status --json` says, as far as tests look. */
export interface ClusterStatus {
  readonly activeController: number;
  readonly members: readonly {
    readonly nodeId: number;
    readonly state: string;
    readonly quorum: string | null;
    readonly leads: number;
    readonly replicas: number;
  }[];
  readonly underReplicated: readonly unknown[];
  readonly reassigning: readonly string[];
}

export class LocalCluster {
  /** The first brokers that there may be, separated by commas. */
  readonly bootstrap: string;
  readonly folder: string;
  readonly #dataDir: string;
  readonly #parent: Child;

  private constructor(folder: string, port: number, brokers: number, overrides: readonly string[]) {
    this.folder = folder;
    this.#dataDir = path.join(folder, 'data');
    this.bootstrap = Array.from(
      { length: BROKERS_MAX },
      (_, index) => `127.0.0.1:${port + index}`,
    ).join(',');
    const [program = '', ...args] = ottlaCommand([
      ...this.#server(brokers),
      '--port',
      String(port),
      ...overrides.flatMap((pair) => ['--override', pair]),
    ]);
    this.#parent = new Child(program, args);
  }

  /** Resolves when all are ready, and all controllers vote. @param overrides keys for all of them, `key=value` */
  static async start(brokers: number, overrides: readonly string[] = []): Promise<LocalCluster> {
    const folder = mkdtempSync(path.join(tmpdir(), 'local-cluster-'));
    const port = await lastingPorts(BROKERS_MAX, 10_000);
    const cluster = new LocalCluster(folder, port, brokers, overrides);
    await until(
      'all brokers are ready',
      () => cluster.#hasSaid((line) => 'pids' in line),
      LIMIT_MS,
    );
    await until('three controllers vote', async () => (await cluster.voters()).length === 3);
    return cluster;
  }

  /** Types a command. @returns its standard output @throws with all it said when it fails */
  async ottla(...args: readonly string[]): Promise<string> {
    const [program = '', ...rest] = ottlaCommand(args);
    const env = { ...process.env, OTTLA_BOOTSTRAP_SERVERS: this.bootstrap };
    return (await run(program, rest, { env, timeoutMs: LIMIT_MS })).stdout;
  }

  /** `ottla server --brokers N` once more, while the cluster runs. */
  async resize(brokers: number): Promise<void> {
    await this.ottla(...this.#server(brokers));
  }

  async status(): Promise<ClusterStatus> {
    return JSON.parse(await this.ottla('cluster', 'status', '--json')) as ClusterStatus;
  }

  async voters(): Promise<number[]> {
    const { members } = await this.status();
    const votes = members.filter(({ quorum }) => quorum === 'voter' || quorum === 'leader');
    return votes.map(({ nodeId }) => nodeId);
  }

  /** Until every replica of every partition is in sync. */
  async untilWhole(): Promise<void> {
    const isWhole = async (): Promise<boolean> =>
      (await this.status()).underReplicated.length === 0;
    await until('all replicas are in sync', isWhole, LIMIT_MS);
  }

  /** SIGTERM to one broker; resolves when the log says that it has stopped. */
  async stopBroker(nodeId: number): Promise<void> {
    const said = this.#lines.length;
    process.kill(this.#pidOf(nodeId), 'SIGTERM');
    const isStopped = (): boolean =>
      this.#lines.slice(said).some(({ msg }) => msg === `broker ${nodeId} is stopped`);
    await until(`broker ${nodeId} has stopped`, isStopped, LIMIT_MS);
  }

  /** Stops all and removes all data. */
  async close(): Promise<void> {
    await this.#parent.stop('SIGTERM', LIMIT_MS);
    rmSync(this.folder, { recursive: true, force: true });
  }

  #server(brokers: number): string[] {
    return ['server', '--brokers', String(brokers), '--data', this.#dataDir];
  }

  /** What the first terminal has printed. */
  get #lines(): Record<string, unknown>[] {
    const whole = this.#parent.stdout.split('\n').slice(0, -1);
    return whole.map((line) => JSON.parse(line) as Record<string, unknown>);
  }

  #hasSaid(what: (line: Record<string, unknown>) => boolean): boolean {
    if (!this.#parent.isRunning)
      throw new Error(`the cluster ended:\n${this.#parent.stdout}\n${this.#parent.stderr}`);
    return this.#lines.some(what);
  }

  #pidOf(nodeId: number): number {
    const starting = this.#lines.findLast(
      ({ msg, pid }) => msg === `broker ${nodeId} is ready` && pid !== undefined,
    );
    const first = this.#lines.find((line) => 'pids' in line)?.['pids'] as number[];
    return Number(starting?.['pid'] ?? first[nodeId - 1]);
  }
}

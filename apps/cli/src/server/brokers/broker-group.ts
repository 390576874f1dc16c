// The brokers of one machine together: they start at once, find each other by themselves, follow the plan when it changes
// while they run, and stop at once.
import type { BrokerProcess } from './broker-process.ts';
import type { PlannedNode } from './cluster-plan.ts';

/** A node of the plan and its process. */
export interface GroupMember {
  readonly node: PlannedNode;
  readonly process: BrokerProcess;
}

export class BrokerGroup {
  readonly #processOf: (node: PlannedNode) => BrokerProcess;
  #members: readonly GroupMember[] = [];
  #wake: (() => void) | undefined;
  #following: Promise<void> = Promise.resolve();
  #isStopping = false;

  /** @param processOf a process for a node, not started; it tells of its changes with `changed` */
  constructor(processOf: (node: PlannedNode) => BrokerProcess) {
    this.#processOf = processOf;
  }

  /** As the plan has them. */
  get members(): readonly GroupMember[] {
    return this.#members;
  }

  /** Call when a process has changed its state. */
  changed(): void {
    this.#wake?.();
  }

  /** Starts all and waits. @returns false when `signal` was aborted before all were ready @throws StartFailure */
  async start(nodes: readonly PlannedNode[], signal: AbortSignal): Promise<boolean> {
    this.#members = nodes.map((node) => this.#member(node));
    for (const { process } of this.#members) process.start();
    const processes = this.#members.map(({ process }) => process);
    const failed = (): BrokerProcess | undefined =>
      processes.find(({ state }) => state === 'waiting');
    const stop = (): void => this.#wake?.();
    signal.addEventListener('abort', stop);
    try {
      await this.#until(
        () =>
          signal.aborted ||
          failed() !== undefined ||
          processes.every(({ state }) => state === 'ready'),
      );
    } finally {
      signal.removeEventListener('abort', stop);
    }
    if (signal.aborted) return false;
    const failure = failed();
    if (failure !== undefined) throw new StartFailure(failure);
    return true;
  }

  /**
   * Makes the group what a new plan says, while the cluster serves: who is new or was stopped is started, and whose role has
   * changed is started again, one after the other; then who is left out is stopped. Resolves when that is done; changes that
   * come meanwhile wait for it.
   */
  follow(nodes: readonly PlannedNode[]): Promise<void> {
    this.#following = this.#following.then(() => this.#follow(nodes));
    return this.#following;
  }

  /** Stops all at once: nobody is left to lead anything, so nobody asks for leave. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    this.#wake?.();
    await Promise.all(this.#members.map(({ process }) => process.stop({ leave: false })));
    await this.#following;
  }

  async #follow(nodes: readonly PlannedNode[]): Promise<void> {
    if (this.#isStopping) return;
    const before = new Map(this.#members.map((member) => [member.node.nodeId, member]));
    const planned = nodes.map((node) => {
      const process = before.get(node.nodeId)?.process;
      return process === undefined ? this.#member(node) : { node, process };
    });
    const ids = new Set(nodes.map(({ nodeId }) => nodeId));
    const leaving = this.#members.filter(({ node }) => !ids.has(node.nodeId));
    this.#members = [...leaving, ...planned];
    for (const { node, process } of planned) {
      const known = before.get(node.nodeId);
      if (known !== undefined && known.node.controllerPort !== node.controllerPort)
        await process.stop();
      if (this.#isStopping) return;
      if (process.state !== 'stopped') continue;
      process.start();
      await this.#until(() => this.#isStopping || process.state !== 'starting');
    }
    await Promise.all(leaving.map(({ process }) => process.stop()));
    this.#members = planned;
  }

  #member(node: PlannedNode): GroupMember {
    return { node, process: this.#processOf(node) };
  }

  /** Looks after each change of a process. */
  async #until(holds: () => boolean): Promise<void> {
    while (!holds()) await new Promise<void>((resolve) => (this.#wake = resolve));
    this.#wake = undefined;
  }
}

/** A broker ended before it was ready. */
export class StartFailure extends Error {
  override readonly name = 'StartFailure';
  readonly nodeId: number;

  constructor({ nodeId, lastEnd, complaint }: BrokerProcess) {
    super(`broker ${nodeId} did not start (${lastEnd}): ${complaint.replace(/^ottla: /, '')}`);
    this.nodeId = nodeId;
  }
}

// What nodes answer that do not give the metadata log, for who runs this one: each reason of each node once in a while, as they are asked many
// times a second.
import type { Clock, Logger } from '@ottla/platform';
import { ErrorCode, errorInfo } from '@ottla/protocol';
import type { Voter } from '../replica.ts';

/** The same again is news after so long. */
const AGAIN_AFTER_MS = 60_000;

export class Refusals {
  readonly #clock: Pick<Clock, 'monotonicMs'>;
  readonly #logger: Logger;
  readonly #clusterId: string;
  readonly #saidMs = new Map<string, number>();

  constructor(clock: Pick<Clock, 'monotonicMs'>, logger: Logger, clusterId: string) {
    this.#clock = clock;
    this.#logger = logger;
    this.#clusterId = clusterId;
  }

  /** The node answered so. */
  tell(source: Voter, errorCode: number): void {
    const nowMs = this.#clock.monotonicMs();
    const key = `${source.id} ${errorCode}`;
    if (nowMs - (this.#saidMs.get(key) ?? -Infinity) < AGAIN_AFTER_MS) return;
    this.#saidMs.set(key, nowMs);
    const [endpoint] = source.endpoints;
    // Who is only known by an address has an id of our own making, which says nothing to anybody.
    const who = endpoint === undefined ? `node ${source.id}` : `${endpoint.host}:${endpoint.port}`;
    const error = errorInfo(errorCode).name;
    if (errorCode === ErrorCode.INCONSISTENT_CLUSTER_ID)
      this.#logger.error(
        `${who} belongs to another cluster, this node was formatted for ${this.#clusterId}: check controller.quorum.bootstrap.servers and log.dirs`,
        { error },
      );
    else this.#logger.warn(`${who} refuses to give the metadata log`, { error });
  }

  /** The node gave what it was asked for: the next refusal is news. */
  forget(source: Voter): void {
    if (this.#saidMs.size === 0) return;
    for (const key of this.#saidMs.keys())
      if (key.startsWith(`${source.id} `)) this.#saidMs.delete(key);
  }
}

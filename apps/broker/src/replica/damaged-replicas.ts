// A replica on whose disk something is not what was written: found when it is read, replaced from the others. Its broker
// tells the controller that the replica is lost, as if its directory had failed (KIP-858): the controller takes it out of
// the ISR, elects another leader, and elects this one no more. Then an empty log takes its place and is filled from the
// leader; only when that has all that is committed the controller hears where it is. Apache Kafka leaves this to operators.
import { DirectoryId } from '@ottla/metadata';
import type { Logger } from '@ottla/platform';
import type { Uuid } from '@ottla/protocol';
import type { Partition } from './partition.ts';

/** What of a partition decides. */
export type DamagedPartition = Pick<
  Partition,
  'name' | 'isr' | 'elr' | 'leader' | 'directoryId' | 'isDeleted' | 'isOffline' | 'config'
>;

export interface DamagedReplicasOptions<P> {
  readonly logger: Logger;
  readonly brokerId: number;
  /** Tells the controller where the replica is. */
  readonly assign: (partition: P, directoryId: Uuid) => void;
  /** Where it really is. */
  readonly directoryOf: (partition: P) => Uuid | undefined;
  /** Nothing is fetched into its log, or it is again. */
  readonly leaveAlone: (partition: P, isLeftAlone: boolean) => void;
  /** Puts an empty log in its place, and fetches into that. */
  readonly replace: (partition: P) => Promise<void>;
}

export class DamagedReplicas<P extends DamagedPartition = Partition> {
  readonly #options: DamagedReplicasOptions<P>;
  /** `leaving`: the controller is to know that it is lost. `filling`: an empty log has taken its place. */
  readonly #states = new Map<P, 'leaving' | 'filling'>();
  /** Of which it was said that they cannot be replaced now. */
  readonly #said = new Set<P>();

  constructor(options: DamagedReplicasOptions<P>) {
    this.#options = options;
  }

  /** Whether it is being replaced. */
  has(partition: P): boolean {
    return this.#states.has(partition);
  }

  /** A read came upon a damaged batch. */
  found(partition: P): void {
    if (this.#states.has(partition) || partition.isDeleted || partition.isOffline) return;
    const { logger, brokerId, leaveAlone, assign } = this.#options;
    const { name, isr, leader } = partition;
    const others = isr.filter((id) => id !== brokerId);
    // A leader hands over to whoever is in sync: nobody can fetch past the damage. Others wait until enough are.
    if (others.length < (leader === brokerId ? 1 : neededBy(partition))) {
      if (!this.#said.has(partition))
        logger.error('a replica is damaged, and too few others are in sync', { name, isr });
      this.#said.add(partition);
      return;
    }
    logger.error('a replica is damaged: others take its place', { name, isr });
    this.#states.set(partition, 'leaving');
    leaveAlone(partition, true);
    assign(partition, DirectoryId.LOST);
  }

  /** The metadata may say something new of the partition. */
  updated(partition: P): void {
    if (this.#states.get(partition) !== 'leaving') return;
    const { brokerId, assign, leaveAlone, directoryOf, replace, logger } = this.#options;
    const { name, leader, isr, elr, directoryId } = partition;
    if (directoryId !== DirectoryId.LOST) {
      assign(partition, DirectoryId.LOST);
      return;
    }
    if (leader === brokerId || (leader >= 0 && isr.includes(brokerId))) return;
    if (leader < 0 || isr.length < neededBy(partition) || elr.includes(brokerId)) {
      // What it has is needed still, damaged or not: it follows, as it is.
      logger.warn('a damaged replica is kept: too few others are in sync', { name, isr });
      this.#states.delete(partition);
      leaveAlone(partition, false);
      const own = directoryOf(partition);
      if (own !== undefined) assign(partition, own);
      return;
    }
    this.#states.set(partition, 'filling');
    // A failure takes the partition offline, as that of any other log.
    void replace(partition);
  }

  /** It has all that its leader calls committed. */
  caughtUp(partition: P): void {
    if (this.#states.size === 0 || this.#states.get(partition) !== 'filling') return;
    this.#states.delete(partition);
    this.#said.delete(partition);
    const { logger, assign, directoryOf } = this.#options;
    logger.info('a damaged replica was replaced', { name: partition.name });
    const own = directoryOf(partition);
    if (own !== undefined) assign(partition, own);
  }

  /** The replica is not this broker's any more. */
  forget(partition: P): void {
    this.#states.delete(partition);
    this.#said.delete(partition);
  }
}

/** How many others must be in sync, that writes do not wait and there is a copy. */
function neededBy({ config }: DamagedPartition): number {
  return Math.max(1, config.minInsyncReplicas);
}

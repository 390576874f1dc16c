// The leader's requests for another ISR: of all partitions together one AlterPartition is under way, what comes meanwhile
// goes with the next. Sent until the controller answers: it may have decided already. Kafka: AlterPartitionManager.
import type { Logger, Platform, Timer } from '@ottla/platform';
import { ErrorCode, errorInfo } from '@ottla/protocol';
import {
  type AlterPartitionRequest,
  alterPartitionRequest,
  alterPartitionResponse,
  type AlterPartitionResponse,
} from '@ottla/protocol/messages/alter-partition';
import type { ControllerChannel } from '../server/controller-channel.ts';
import type { IsrProposal } from './leader-state.ts';
import type { Partition } from './partition.ts';

export interface IsrChangesOptions {
  readonly platform: Pick<Platform, 'timers'>;
  readonly logger: Logger;
  readonly brokerId: number;
  readonly brokerEpoch: () => number;
  readonly controller: Pick<ControllerChannel, 'send'>;
}

/** Before a request that failed as a whole is sent again, milliseconds. */
const PAUSE_MS = 50;
/** LeaderRecoveryState.RECOVERED: a leader leaves recovery behind with its first change of the ISR (KIP-704). */
const RECOVERED = 0;

/** Of all partitions that this broker leads. */
export class IsrChanges {
  readonly #options: IsrChangesOptions;
  readonly #pending = new Map<Partition, IsrProposal>();
  #expansions = 0;
  #shrinkings = 0;
  #isSending = false;
  #isClosed = false;
  #pause: Timer | undefined;

  constructor(options: IsrChangesOptions) {
    this.#options = options;
  }

  /** Larger ISRs that the controller granted, since the start. */
  get expansions(): number {
    return this.#expansions;
  }

  /** Smaller ones. */
  get shrinkings(): number {
    return this.#shrinkings;
  }

  /** Asks for the proposal; what was asked for the partition before and is not sent yet is forgotten. */
  propose(partition: Partition, proposal: IsrProposal): void {
    this.#pending.set(partition, proposal);
    this.#send();
  }

  /** Sends nothing any more. */
  close(): void {
    this.#isClosed = true;
    this.#pause?.cancel();
  }

  #send(): void {
    if (this.#isSending || this.#isClosed || this.#pause !== undefined) return;
    for (const [partition, proposal] of this.#pending)
      if (!partition.isPending(proposal)) this.#pending.delete(partition);
    if (this.#pending.size === 0) return;
    this.#isSending = true;
    void this.#exchange(new Map(this.#pending)).then((isAnswered) => {
      this.#isSending = false;
      if (isAnswered) this.#send();
      else this.#sendLater();
    });
  }

  #sendLater(): void {
    if (this.#isClosed) return;
    this.#pause = this.#options.platform.timers.set(PAUSE_MS, () => {
      this.#pause = undefined;
      this.#send();
    });
  }

  /** @returns false when it is better to wait a moment */
  async #exchange(sent: ReadonlyMap<Partition, IsrProposal>): Promise<boolean> {
    const { controller, logger } = this.#options;
    try {
      const answer = await controller.send(
        alterPartitionRequest,
        alterPartitionResponse,
        this.#request(sent),
      );
      if (this.#isClosed) return false;
      if (answer.errorCode !== ErrorCode.NONE) {
        logger.warn(`AlterPartition refused: ${errorInfo(answer.errorCode).name}`);
        return false;
      }
      return this.#take(sent, answer);
    } catch (error) {
      if (!this.#isClosed) logger.debug('AlterPartition failed', { error: String(error) });
      return false;
    }
  }

  #request(sent: ReadonlyMap<Partition, IsrProposal>): AlterPartitionRequest {
    const { brokerId, brokerEpoch } = this.#options;
    const request: AlterPartitionRequest = { brokerId, brokerEpoch: brokerEpoch(), topics: [] };
    for (const [{ topicId, id }, proposal] of sent) {
      let topic = request.topics.find((other) => other.topicId === topicId);
      if (topic === undefined) request.topics.push((topic = { topicId, partitions: [] }));
      topic.partitions.push({
        partitionIndex: id,
        leaderEpoch: proposal.leaderEpoch,
        newIsr: [],
        newIsrWithEpochs: proposal.isr.map((member) => ({ ...member })),
        leaderRecoveryState: RECOVERED,
        partitionEpoch: proposal.partitionEpoch,
      });
    }
    return request;
  }

  /** @returns whether every partition was answered for good */
  #take(sent: ReadonlyMap<Partition, IsrProposal>, { topics }: AlterPartitionResponse): boolean {
    let isDone = true;
    for (const [partition, proposal] of sent) {
      const answer = topics
        .find(({ topicId }) => topicId === partition.topicId)
        ?.partitions.find(({ partitionIndex }) => partitionIndex === partition.id);
      // Not in the answer: it goes with the next request.
      if (answer === undefined) {
        isDone = false;
        continue;
      }
      const outcome = partition.isrAnswered(proposal, answer);
      if (outcome === 'committed') this.#count(proposal);
      if (outcome === 'retry') isDone = false;
      else if (this.#pending.get(partition) === proposal) this.#pending.delete(partition);
    }
    return isDone;
  }

  #count({ kind }: IsrProposal): void {
    if (kind === 'expand') this.#expansions += 1;
    else this.#shrinkings += 1;
  }
}

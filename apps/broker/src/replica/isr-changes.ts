// The leader's requests for another ISR. Kafka: AlterPartitionManager.
import { ErrorCode, type Uuid } from '@ottla/protocol';
import {
  type AlterPartitionRequest,
  alterPartitionRequest,
  alterPartitionResponse,
  type AlterPartitionResponse,
} from '@ottla/protocol/messages/alter-partition';
import type { IsrProposal } from './leader-state.ts';
import type { Partition } from './partition.ts';
import { type AskingBroker, PartitionWishes } from './partition-wishes.ts';

type Answer = AlterPartitionResponse['topics'][number]['partitions'][number];

const PAUSE_MS = 50;
/** LeaderRecoveryState.RECOVERED: a leader leaves recovery behind with its first change of the ISR (KIP-704). */
const RECOVERED = 0;
/** Partitions that a line of the log names. */
const NAMES_MAX = 5;

/** Of all partitions that this broker leads. */
export class IsrChanges {
  readonly #options: AskingBroker;
  readonly #proposals: PartitionWishes<IsrProposal, AlterPartitionResponse>;
  #answered:
    | { readonly response: AlterPartitionResponse; readonly answers: ReadonlyMap<string, Answer> }
    | undefined;
  #expansions = 0;
  #shrinkings = 0;
  /** Names of partitions, by what one answer has granted them. */
  readonly #granted = new Map<string, string[]>();

  constructor(options: AskingBroker) {
    const { platform, logger, controller } = options;
    this.#options = options;
    this.#proposals = new PartitionWishes({
      platform,
      logger,
      name: 'AlterPartition',
      pauseMs: PAUSE_MS,
      isCurrent: (partition, proposal) => partition.isPending(proposal),
      send: (sent) =>
        controller.send(alterPartitionRequest, alterPartitionResponse, this.#request(sent)),
      isAnswered: (partition, proposal, response) =>
        this.#isAnswered(partition, proposal, response),
      onAnswered: () => this.#tell(),
    });
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
    this.#proposals.ask([[partition, proposal]]);
  }

  /** Sends nothing any more. */
  close(): void {
    this.#proposals.close();
  }

  #request(sent: ReadonlyMap<Partition, IsrProposal>): AlterPartitionRequest {
    const { brokerId, brokerEpoch } = this.#options;
    const topics = new Map<Uuid, AlterPartitionRequest['topics'][number]>();
    for (const [{ topicId, id }, proposal] of sent) {
      let topic = topics.get(topicId);
      if (topic === undefined) topics.set(topicId, (topic = { topicId, partitions: [] }));
      topic.partitions.push({
        partitionIndex: id,
        leaderEpoch: proposal.leaderEpoch,
        newIsr: [],
        newIsrWithEpochs: proposal.isr.map((member) => ({ ...member })),
        leaderRecoveryState: RECOVERED,
        partitionEpoch: proposal.partitionEpoch,
      });
    }
    return { brokerId, brokerEpoch: brokerEpoch(), topics: [...topics.values()] };
  }

  #isAnswered(
    partition: Partition,
    proposal: IsrProposal,
    response: AlterPartitionResponse,
  ): boolean {
    const answer = this.#answersOf(response).get(keyOf(partition.topicId, partition.id));
    // Not in the answer: it goes with the next request.
    if (answer === undefined) return false;
    // It was granted, also where the metadata told so before the answer did.
    if (answer.errorCode === ErrorCode.NONE) this.#count(partition, proposal);
    return partition.isrAnswered(proposal, answer) !== 'retry';
  }

  /** There may be thousands: they are put in order once for each response. */
  #answersOf(response: AlterPartitionResponse): ReadonlyMap<string, Answer> {
    if (this.#answered?.response !== response) {
      const answers = new Map<string, Answer>();
      for (const { topicId, partitions } of response.topics)
        for (const answer of partitions) answers.set(keyOf(topicId, answer.partitionIndex), answer);
      this.#answered = { response, answers };
    }
    return this.#answered.answers;
  }

  #count({ name }: Partition, { kind, moved }: IsrProposal): void {
    if (kind === 'expand') this.#expansions += 1;
    else this.#shrinkings += 1;
    const what =
      kind === 'expand'
        ? `replicas of broker ${moved.join(', ')} are in sync`
        : `replicas of broker ${moved.join(', ')} are out of sync: they do not keep up`;
    const names = this.#granted.get(what);
    if (names === undefined) this.#granted.set(what, [name]);
    else names.push(name);
  }

  /** A line for each broker and not for each partition: a broker that comes back joins thousands at once. */
  #tell(): void {
    for (const [what, names] of this.#granted) {
      const more = names.length > NAMES_MAX ? ` and ${names.length - NAMES_MAX} more` : '';
      const partitions = names.slice(0, NAMES_MAX).join(', ') + more;
      this.#options.logger.info(what, { partitions });
    }
    this.#granted.clear();
  }
}

function keyOf(topicId: Uuid, partition: number): string {
  return `${topicId}/${partition}`;
}

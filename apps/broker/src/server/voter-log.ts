// Who votes in the metadata quorum, in the log of every node that hears of it: one line for each change that is committed, whoever asked for it.
// Kafka: the log lines of KRaftControlRecordStateMachine.
import type { Logger } from '@ottla/platform';
import { sameVoter, type Voter, type VoterHistory, type VoterSet } from '@ottla/raft';

/** Told of the high watermark by `look`. */
export class VoterLog {
  readonly #logger: Logger;
  readonly #history: VoterHistory;
  /** What was in the log at the start was told by an earlier one. */
  readonly #fromOffset: number;
  #voters: VoterSet | undefined;

  /**
   * @param known the voters at the start; none where this node has not heard of any
   * @param endOffset of the log at the start (exclusive)
   */
  constructor(logger: Logger, history: VoterHistory, known: VoterSet, endOffset: number) {
    this.#logger = logger;
    this.#history = history;
    this.#fromOffset = endOffset;
    this.#voters = known.voters.length === 0 ? undefined : known;
  }

  /** @param highWatermark what is committed (exclusive) */
  look(highWatermark: number): void {
    if (highWatermark <= this.#fromOffset) return;
    const { voters } = this.#history.before(highWatermark);
    const former = this.#voters;
    if (voters === undefined || voters === former) return;
    this.#voters = voters;
    if (former === undefined || voters.equals(former)) return;
    this.#logger.info(inWords(voters, former), {
      voters: voters.voters.map(described),
      formerVoters: former.voters.map(described),
    });
  }
}

function inWords(voters: VoterSet, former: VoterSet): string {
  const [ids, formerIds] = [voters.ids.join(', '), former.ids.join(', ')];
  if (ids !== formerIds)
    return `the voters of the metadata quorum are ${ids} now; before, ${formerIds}`;
  const others = voters.voters.filter((voter) => !sameVoter(voter, former.get(voter.id)!));
  return `the metadata quorum knows voter ${others.map(({ id }) => id).join(', ')} by another directory or address now`;
}

/** As in the answers to DescribeQuorum, endpoints in Kafka's short form. */
function described({ id: voterId, directoryId: voterDirectoryId, endpoints }: Voter): object {
  return {
    voterId,
    voterDirectoryId,
    endpoints: endpoints.map(({ name, host, port }) => `${name}://${host}:${port}`),
  };
}

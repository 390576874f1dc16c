// What members of a quorum tell each other, without the wire's envelopes (`io/wire-messages.ts` puts those around).
import type { LogPosition, ReplicaKey, VersionRange, Voter } from './replica.ts';
import type { QuorumRecord } from './voter-history.ts';

/** "Vote for me in this epoch", or with `preVote` "would you?". */
export interface VoteMessage {
  readonly kind: 'vote';
  readonly from: ReplicaKey;
  readonly epoch: number;
  /** End of the candidate's log. */
  readonly log: LogPosition;
  readonly preVote: boolean;
}

/** "I lead this epoch: fetch from me." */
export interface BeginEpochMessage {
  readonly kind: 'beginEpoch';
  readonly leaderId: number;
  readonly epoch: number;
}

/** "I no longer lead; stand in this order." */
export interface EndEpochMessage {
  readonly kind: 'endEpoch';
  readonly leaderId: number;
  readonly epoch: number;
  readonly successors: readonly ReplicaKey[];
}

/** "Give me what follows this offset", which also tells how far the sender is. */
export interface FetchMessage {
  readonly kind: 'fetch';
  readonly from: ReplicaKey;
  /** The epoch in which the sender believes the receiver leads; −1 when it does not say. */
  readonly epoch: number;
  readonly fetchOffset: number;
  /** Epoch of the record before `fetchOffset`. */
  readonly lastFetchedEpoch: number;
}

/** "Let me vote": an observer that joins by itself. */
export interface AddVoterMessage {
  readonly kind: 'addVoter';
  readonly voter: Voter;
}

/** "This voter is what I was before I lost my disk." */
export interface RemoveVoterMessage {
  readonly kind: 'removeVoter';
  readonly key: ReplicaKey;
}

/** "This is where I am reached, and what I serve." */
export interface UpdateVoterMessage {
  readonly kind: 'updateVoter';
  /** The epoch in which the sender believes the receiver leads. */
  readonly epoch: number;
  readonly voter: Voter;
}

/** Messages that the core itself sends; fetches are the driver's. */
export type OutgoingMessage =
  | VoteMessage
  | BeginEpochMessage
  | EndEpochMessage
  | AddVoterMessage
  | RemoveVoterMessage
  | UpdateVoterMessage;

/** Errors by Kafka's names. */
export type QuorumError =
  | 'NONE'
  | 'FENCED_LEADER_EPOCH'
  | 'UNKNOWN_LEADER_EPOCH'
  | 'NOT_LEADER_OR_FOLLOWER'
  | 'BROKER_NOT_AVAILABLE'
  | 'INVALID_REQUEST'
  | 'INVALID_VOTER_KEY';

/** What may become of a change of the voters, by Kafka's names. */
export type VoterChangeError =
  | QuorumError
  | 'REQUEST_TIMED_OUT'
  | 'UNSUPPORTED_VERSION'
  | 'DUPLICATE_VOTER'
  | 'VOTER_NOT_FOUND';

export interface VoterChangeAnswer {
  readonly error: VoterChangeError;
  readonly message: string | null;
}

/** What a node answered to the question which levels of `kraft.version` it serves. */
export interface VersionsAnswer {
  /** Undefined when it does not know the feature. */
  readonly range?: VersionRange | undefined;
  /** Why there is no answer. */
  readonly failure?: string;
}

/** Part of every answer: what the sender knows of the leader. */
export interface Answer {
  readonly error: QuorumError;
  readonly epoch: number;
  readonly leaderId: number | undefined;
}

export interface VoteAnswer extends Answer {
  readonly granted: boolean;
}

/** What a leader does with a fetch. */
export type FetchDecision =
  | ({ readonly kind: 'error' } & Answer)
  /** The logs part at `diverging`: cut there and fetch again. */
  | { readonly kind: 'diverging'; readonly diverging: LogPosition }
  /** What is wanted lies before the log's start: fetch the snapshot first. */
  | { readonly kind: 'snapshot' }
  | { readonly kind: 'read'; readonly offset: number };

/** What the driver must do, in this order. */
export type Effect =
  /** Make the state durable before anything behind this effect happens. */
  | { readonly kind: 'persist' }
  | { readonly kind: 'send'; readonly to: ReplicaKey; readonly message: OutgoingMessage }
  /** Append the leader change record (and, in an empty log, the voters): the epoch starts with it. */
  | { readonly kind: 'startEpoch'; readonly epoch: number; readonly granted: readonly number[] }
  | {
      readonly kind: 'leaderChanged';
      readonly leaderId: number | undefined;
      readonly epoch: number;
    }
  | { readonly kind: 'highWatermark'; readonly offset: number }
  /** Ask a node that wants to vote what it serves (ApiVersions), and tell `handleVersions`. */
  | { readonly kind: 'askVersions'; readonly voter: Voter }
  /** Append a batch with this record if this node still leads `epoch`, and tell `quorumAppended`. */
  | { readonly kind: 'appendQuorum'; readonly epoch: number; readonly record: QuorumRecord }
  /** Answer the request of that number. */
  | {
      readonly kind: 'voterChange';
      readonly request: number;
      readonly answer: VoterChangeAnswer;
    };

// The words of the membership machine: its states, what happens to it, and what it wants done.
import type { RebalanceProtocol } from './assignor.ts';
import type { TopicPartition } from './consumer-protocol.ts';

/** See the drawing in `membership-machine.ts`. */
export type MembershipState =
  | 'idle'
  | 'joining'
  | 'waiting'
  | 'syncing'
  | 'settling'
  | 'adopting'
  | 'stable'
  | 'yielding'
  | 'givingUp'
  | 'left'
  | 'failed'
  | 'closed';

/** What does not change. Times in milliseconds. */
export interface MembershipSettings {
  readonly protocol: RebalanceProtocol;
  /** Has a group.instance.id. */
  readonly isStatic: boolean;
  readonly heartbeatIntervalMs: number;
  readonly sessionTimeoutMs: number;
  /** How long to wait before try `failures` + 1. */
  backoffMs(failures: number): number;
}

/** An answer that was an error, or none. */
export interface RequestFailure {
  /** Kafka's name, or the client's. */
  readonly code: string;
  readonly isRetriable: boolean;
  readonly error: unknown;
  /** With `MEMBER_ID_REQUIRED`: the id to join with. */
  readonly memberId?: string;
}

/** Which member of which generation something is about. */
export interface MemberGeneration {
  readonly memberId: string;
  readonly generationId: number;
}

/** What happens to a member. `attempt` names the request that is answered; answers to earlier ones change nothing. */
export type MembershipEvent =
  | { readonly type: 'start'; readonly topics: readonly string[] }
  /** `isJoined`: the group counts on them already (a pattern's topics, learnt from the assignment). */
  | {
      readonly type: 'topicsChanged';
      readonly topics: readonly string[];
      readonly isJoined?: boolean;
    }
  | { readonly type: 'rejoin'; readonly reason: string }
  | { readonly type: 'timer' }
  | ({ readonly type: 'joined'; readonly attempt: number } & MemberGeneration)
  | {
      readonly type: 'synced';
      readonly attempt: number;
      readonly partitions: readonly TopicPartition[];
    }
  | ({ readonly type: 'requestFailed'; readonly attempt: number } & RequestFailure)
  | ({
      readonly type: 'heartbeatAnswered';
      readonly failure: RequestFailure | undefined;
    } & MemberGeneration)
  | ({ readonly type: 'commitRefused' } & RequestFailure & MemberGeneration)
  /** The user's code is between two records, as `waitForUser` asked. */
  | { readonly type: 'userAtRest' }
  | { readonly type: 'gaveUp'; readonly partitions: readonly TopicPartition[] }
  | { readonly type: 'adopted' }
  /** The user's code has held a record for longer than max.poll.interval; and is back. */
  | { readonly type: 'userStalled' }
  | { readonly type: 'userBack' }
  | { readonly type: 'close' };

/** What must be done, in this order. */
export type MembershipEffect =
  | ({
      readonly type: 'join';
      readonly attempt: number;
      readonly owned: readonly TopicPartition[];
      readonly topics: readonly string[];
      readonly reason: string;
    } & MemberGeneration)
  /** As a follower, or as the leader with the shares that its assignor gives; as the last `joined` said. */
  | { readonly type: 'sync'; readonly attempt: number }
  | ({ readonly type: 'heartbeat' } & MemberGeneration)
  | { readonly type: 'leave'; readonly memberId: string; readonly reason: string }
  | { readonly type: 'forgetCoordinator' }
  | { readonly type: 'waitForUser' }
  /** Commit, tell the listener, stop reading; then `gaveUp`. */
  | {
      readonly type: 'giveUp';
      readonly partitions: readonly TopicPartition[];
      readonly isLost: boolean;
    }
  /** Give `revoked` up, tell assignor and listener, read what was `added`; then `adopted`. */
  | {
      readonly type: 'adopt';
      readonly assigned: readonly TopicPartition[];
      readonly added: readonly TopicPartition[];
      readonly revoked: readonly TopicPartition[];
    }
  | { readonly type: 'fail'; readonly error: unknown }
  | { readonly type: 'closed' };

/** The partitions of `from` that are not in `without`. */
export function difference(
  from: readonly TopicPartition[],
  without: readonly TopicPartition[],
): TopicPartition[] {
  const names = new Set(without.map(({ topic, partition }) => `${topic}-${partition}`));
  return from.filter(({ topic, partition }) => !names.has(`${topic}-${partition}`));
}

// Who takes part in a quorum, and the few values that its members compare. Kafka: ReplicaKey, VoterSet, OffsetAndEpoch.
import type { Uuid } from '@ottla/protocol';
import { ZERO_UUID } from '@ottla/protocol';

/** A node with one particular disk: after losing its disk a node is another replica (KIP-853). */
export interface ReplicaKey {
  readonly id: number;
  /** `ZERO_UUID` when not known. */
  readonly directoryId: Uuid;
}

/** Whether both name the same replica; an unknown directory matches any. */
export function sameReplica(a: ReplicaKey, b: ReplicaKey): boolean {
  return (
    a.id === b.id &&
    (a.directoryId === ZERO_UUID || b.directoryId === ZERO_UUID || a.directoryId === b.directoryId)
  );
}

/** Where a listener is reached. */
export interface QuorumEndpoint {
  readonly name: string;
  readonly host: string;
  readonly port: number;
}

/** Levels of a feature; both inclusive. */
export interface VersionRange {
  readonly min: number;
  readonly max: number;
}

/** Levels of `kraft.version` that this version serves: 1 has voters in the log (KIP-853). */
export const KRAFT_VERSIONS: VersionRange = { min: 0, max: 1 };

export interface Voter extends ReplicaKey {
  readonly endpoints: readonly QuorumEndpoint[];
  /** Levels of `kraft.version` that the voter serves; default `KRAFT_VERSIONS`. */
  readonly kraftVersions?: VersionRange;
}

/** Whether both are the same replica at the same endpoints, serving the same versions. */
export function sameVoter(a: Voter, b: Voter): boolean {
  return voterText(a) === voterText(b);
}

function voterText({ id, directoryId, endpoints, kraftVersions }: Voter): string {
  const { min, max } = kraftVersions ?? KRAFT_VERSIONS;
  const places = endpoints.map(({ name, host, port }) => `${name}://${host}:${port}`).sort();
  return [id, directoryId, min, max, ...places].join(' ');
}

/** An offset (exclusive end) and the epoch of the record before it. */
export interface LogPosition {
  readonly offset: number;
  readonly epoch: number;
}

/** What is known of the leader and the vote; persisted before anybody is told. */
export interface ElectionState {
  readonly epoch: number;
  readonly leaderId: number | undefined;
  readonly votedFor: ReplicaKey | undefined;
}

/** The state of a node that never heard of an election. */
export const NO_ELECTION: ElectionState = { epoch: 0, leaderId: undefined, votedFor: undefined };

/** The voters of a quorum. Immutable. */
export class VoterSet {
  readonly voters: readonly Voter[];

  constructor(voters: readonly Voter[]) {
    this.voters = [...voters].sort((a, b) => a.id - b.id);
  }

  get ids(): number[] {
    return this.voters.map((voter) => voter.id);
  }

  get majority(): number {
    return Math.floor(this.voters.length / 2) + 1;
  }

  /** Whether the replica is a voter; one whose directory is not known (static voters) is known by its id alone. */
  has(key: ReplicaKey): boolean {
    const voter = this.get(key.id);
    return (
      voter !== undefined &&
      (voter.directoryId === ZERO_UUID || voter.directoryId === key.directoryId)
    );
  }

  get(id: number): Voter | undefined {
    return this.voters.find((voter) => voter.id === id);
  }

  without(id: number): readonly Voter[] {
    return this.voters.filter((voter) => voter.id !== id);
  }

  /** With this voter, in place of the one of that id. */
  with(voter: Voter): VoterSet {
    return new VoterSet([...this.without(voter.id), voter]);
  }

  /** Whether both name the same voters with all that is known of them. */
  equals(other: VoterSet): boolean {
    return (
      this.voters.length === other.voters.length &&
      this.voters.every((voter, index) => sameVoter(voter, other.voters[index]!))
    );
  }
}

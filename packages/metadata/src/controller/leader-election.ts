// Who leads a partition, given who could. Kafka: PartitionChangeBuilder.electLeader; KIP-966.
//
//   in sync ──▶ eligible, when nobody is in sync ──▶ last known leader, when nobody is eligible
//           ──▶ anyone alive, where unclean elections are allowed ──▶ nobody
import { NO_LEADER, type PartitionImage } from '../image/partition-image.ts';

/**
 * Who may be elected: `online` takes those that have every acknowledged record, and keeps a good leader; `preferred` also
 * replaces a good leader by the first replica; `unclean` takes any live replica when there is nobody else.
 */
export type Election = 'online' | 'preferred' | 'unclean';

/** Who there is to elect. */
export interface Candidates {
  readonly replicas: readonly number[];
  readonly isr: readonly number[];
  /** Eligible leader replicas; they count while `isr` is empty. */
  readonly elr: readonly number[];
}

/** How to elect. */
export interface ElectionRules {
  readonly partition: PartitionImage;
  readonly election?: Election;
  readonly isElrEnabled: boolean;
  readonly isAcceptableLeader: (brokerId: number) => boolean;
}

/** How an election ends. */
export interface Elected {
  /** Broker id, or NO_LEADER. */
  readonly leader: number;
  /** Whether it may lack records that were acknowledged. */
  readonly isUnclean: boolean;
}

/** Elects; the leader of now wins whenever it can, except against a preferred one that is asked for. */
export function electLeader(rules: ElectionRules, candidates: Candidates): Elected {
  const { partition, election, isAcceptableLeader } = rules;
  const { replicas, isr, elr } = candidates;
  const isGood = (id: number): boolean =>
    (isr.includes(id) || (isr.length === 0 && elr.includes(id))) && isAcceptableLeader(id);
  const preferred = replicas[0] ?? NO_LEADER;
  if (election === 'preferred' && isGood(preferred)) return clean(preferred);
  if (isGood(partition.leader)) return clean(partition.leader);
  const good = replicas.find(isGood);
  if (good !== undefined) return clean(good);
  const lastKnown = lastKnownLeader(rules, candidates);
  if (lastKnown !== undefined) return { leader: lastKnown, isUnclean: true };
  if (election === 'unclean') {
    const any = replicas.find(isAcceptableLeader);
    if (any !== undefined) return { leader: any, isUnclean: true };
  }
  return clean(NO_LEADER);
}

/** When nobody is in sync or eligible, the last one who led has most of what was written. */
function lastKnownLeader(
  { partition, isElrEnabled, isAcceptableLeader }: ElectionRules,
  { isr, elr }: Candidates,
): number | undefined {
  if (!isElrEnabled || isr.length > 0 || elr.length > 0) return undefined;
  const [last, ...others] = partition.lastKnownElr;
  if (last === undefined || others.length > 0 || !isAcceptableLeader(last)) return undefined;
  return last;
}

function clean(leader: number): Elected {
  return { leader, isUnclean: false };
}

// Bugs on purpose, each a change of one place in the sources: the simulator must find every one of them. They are put in
// while modules load (`plant.ts`), in a process of their own; the product has no switch for them (decision 0022).
import type { Aim } from './aimed-faults.ts';

export interface Mutant {
  readonly name: string;
  /** From the repository's root. */
  readonly file: string;
  /** Stands there exactly once. */
  readonly find: string;
  readonly replace: string;
  /** The cluster in which it is looked for: brokers at most. */
  readonly brokers: number;
  /** Faults aimed at it; undefined: all that can go wrong. */
  readonly aim?: Aim;
  /** A seed that finds it. */
  readonly seed: number;
}

export const MUTANTS: readonly Mutant[] = [
  {
    name: 'acknowledge before the high watermark',
    file: 'apps/broker/src/handlers/delayed-produce.ts',
    find: 'if (partition.highWatermark < requiredOffset) return false;',
    replace: '',
    brokers: 3,
    seed: 1,
  },
  {
    name: 'the leader alone commits',
    file: 'apps/broker/src/replica/leader-state.ts',
    find: 'if (counts) committed = follower.logEndOffset;',
    replace: '',
    brokers: 3,
    seed: 1,
  },
  {
    name: 'skip truncation',
    file: 'apps/broker/src/replica/follower-state.ts',
    find: 'if (divergingEpoch.epoch >= 0) return this.#truncate(cutFor(divergingEpoch, log), log);',
    replace: '',
    brokers: 3,
    aim: 'lonely',
    seed: 1,
  },
  {
    name: 'elect who is not in sync',
    file: 'packages/metadata/src/controller/leader-election.ts',
    find: '(isr.includes(id) || (isr.length === 0 && elr.includes(id))) && isAcceptableLeader(id);',
    replace: 'isAcceptableLeader(id);',
    brokers: 3,
    aim: 'lonely',
    seed: 1,
  },
  {
    name: 'consumers see what is not committed',
    file: 'apps/broker/src/replica/partition.ts',
    find: "if (isolation === 'high-watermark') return this.highWatermark;",
    replace: "if (isolation === 'high-watermark') return this.logEndOffset;",
    brokers: 3,
    aim: 'lonely',
    seed: 1,
  },
  {
    name: 'forget what producers have sent',
    file: 'packages/log/src/producer-state.ts',
    find: 'if (entry === undefined || entry.epoch !== header.producerEpoch) return undefined;',
    replace: 'return undefined;',
    brokers: 3,
    aim: 'late',
    seed: 1,
  },
  {
    name: 'the quorum’s leader alone commits',
    file: 'packages/raft/src/high-watermark.ts',
    find: 'const offset = descending[Math.floor(descending.length / 2)]!;',
    replace: 'const offset = descending[0]!;',
    brokers: 3,
    aim: 'elections',
    seed: 1,
  },
  {
    name: 'acknowledge before the sync',
    file: 'packages/log/src/log-writer.ts',
    find: 'if (records >= config().flushMessages || epochs.isDirty ||',
    replace: 'if (epochs.isDirty ||',
    brokers: 1,
    seed: 1,
  },
  {
    name: 'trust what a crash has left of a log',
    file: 'packages/log/src/log-loader.ts',
    find: 'const recovered = options.isCleanShutdown\n    ? NOT_RECOVERED',
    replace: 'const recovered = true\n    ? NOT_RECOVERED',
    brokers: 1,
    seed: 3,
  },
  {
    name: 'show what a killed process has left, before it is durable',
    file: 'packages/log/src/partition-log.ts',
    find: 'if (loaded.cutBytes > 0 || !(options.isCleanShutdown ?? true)) await log.flush();',
    replace: '',
    brokers: 1,
    seed: 12,
  },
  {
    name: 'a follower commits all that it has',
    file: 'apps/broker/src/replica/partition.ts',
    find: 'if (log.advanceHighWatermark(leader.highWatermark)) this.#host.moved(this);',
    replace: 'if (log.advanceHighWatermark(log.logEndOffset)) this.#host.moved(this);',
    brokers: 3,
    aim: 'lonely',
    seed: 1,
  },
  {
    name: 'vote twice in an epoch',
    file: 'packages/raft/src/vote-rules.ts',
    find: 'if (role.votedFor !== undefined) return sameReplica(role.votedFor, candidate);',
    replace: '',
    brokers: 3,
    aim: 'elections',
    seed: 3,
  },
  {
    name: 'vote for a candidate whose log is too short',
    file: 'packages/raft/src/vote-rules.ts',
    find: 'return other.epoch > lastEpoch || (other.epoch === lastEpoch && other.offset >= endOffset);',
    replace: 'return true;',
    brokers: 3,
    aim: 'elections',
    seed: 1,
  },
  {
    name: 'an observer of the quorum commits all that it has',
    file: 'packages/raft/src/quorum-core.ts',
    find: 'this.#raiseHighWatermark(Math.min(highWatermark, this.#log.endOffset));',
    replace: 'this.#raiseHighWatermark(this.#log.endOffset);',
    brokers: 3,
    aim: 'elections',
    seed: 1,
  },
  {
    name: 'answer commits of a group before they are replicated',
    file: 'packages/coordinator/src/runtime/shard-runner.ts',
    find: 'const highWatermark = Math.min(this.#log.highWatermark, this.#writtenOffset);',
    replace: 'const highWatermark = this.#writtenOffset;',
    brokers: 3,
    seed: 1,
  },
  {
    name: 'forget fencing of producers: an older epoch is written',
    file: 'packages/log/src/producer-state.ts',
    find: 'if (header.producerEpoch < entry.epoch)',
    replace: 'if (header.producerEpoch < 0)',
    brokers: 3,
    aim: 'late',
    seed: 8,
  },
  {
    name: 'forget fencing of groups: who is no member any more commits',
    file: 'packages/coordinator/src/groups/offset-requests.ts',
    find: "group.validateMember(memberId, groupInstanceId);\n  if (generationId !== group.generationId) throw new CoordinatorError('ILLEGAL_GENERATION');",
    replace: '',
    brokers: 3,
    aim: 'late',
    seed: 1,
  },
  {
    name: 'join the ISR without having caught up',
    file: 'apps/broker/src/replica/leader-state.ts',
    find: 'if (logEndOffset < position.highWatermark || logEndOffset < this.#epochStartOffset)',
    replace: 'if (logEndOffset < 0)',
    brokers: 3,
    aim: 'lonely',
    seed: 2,
  },
];

// Bugs on purpose, each a change of one place in the sources: the simulator must find every one of them. They are put in
// while modules load (`plant.ts`), in a process of their own; the product has no switch for them (decision 0022).

export interface Mutant {
  readonly name: string;
  /** From the repository's root. */
  readonly file: string;
  /** Stands there exactly once. */
  readonly find: string;
  readonly replace: string;
  /** The cluster in which it is looked for: brokers at most. */
  readonly brokers: number;
  /** A seed that finds it. */
  readonly seed: number;
}

export const MUTANTS: readonly Mutant[] = [
  {
    name: 'acknowledge before the high watermark',
    file: 'apps/broker/src/handlers/delayed-produce.ts',
    find: 'if (partition.highWatermark < requiredOffset) return false;',
    replace: '',
    brokers: 9,
    seed: 1,
  },
  {
    name: 'the leader alone commits',
    file: 'apps/broker/src/replica/leader-state.ts',
    find: 'if (counts) committed = follower.logEndOffset;',
    replace: '',
    brokers: 9,
    seed: 1,
  },
  {
    name: 'skip truncation',
    file: 'apps/broker/src/replica/follower-state.ts',
    find: 'if (divergingEpoch.epoch >= 0) return this.#truncate(cutFor(divergingEpoch, log), log);',
    replace: '',
    brokers: 9,
    seed: 1,
  },
  {
    name: 'elect who is not in sync',
    file: 'packages/metadata/src/controller/leader-election.ts',
    find: '(isr.includes(id) || (isr.length === 0 && elr.includes(id))) && isAcceptableLeader(id);',
    replace: 'isAcceptableLeader(id);',
    brokers: 9,
    seed: 4,
  },
  {
    name: 'consumers see what is not committed',
    file: 'apps/broker/src/replica/partition.ts',
    find: "if (isolation === 'high-watermark') return this.highWatermark;",
    replace: "if (isolation === 'high-watermark') return this.logEndOffset;",
    brokers: 9,
    seed: 7,
  },
  {
    name: 'forget what producers have sent',
    file: 'packages/log/src/producer-state.ts',
    find: 'if (entry === undefined || entry.epoch !== header.producerEpoch) return undefined;',
    replace: 'return undefined;',
    brokers: 9,
    seed: 5,
  },
  {
    name: 'the quorum’s leader alone commits',
    file: 'packages/raft/src/high-watermark.ts',
    find: 'const offset = descending[Math.floor(descending.length / 2)]!;',
    replace: 'const offset = descending[0]!;',
    brokers: 9,
    seed: 5,
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
    find: 'const cutBytes = options.isCleanShutdown ? 0 :',
    replace: 'const cutBytes = true ? 0 :',
    brokers: 1,
    seed: 1,
  },
  {
    name: 'a follower commits all that it has',
    file: 'apps/broker/src/replica/partition.ts',
    find: 'if (log.advanceHighWatermark(leader.highWatermark)) this.#host.moved(this);',
    replace: 'if (log.advanceHighWatermark(log.logEndOffset)) this.#host.moved(this);',
    brokers: 9,
    seed: 7,
  },
];

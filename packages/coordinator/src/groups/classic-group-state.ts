// The states of a classic group and the arrows between them. Kafka: ClassicGroupState.
//
//            first member joins               all joined, or time is up
//   Empty ────────────────────> PreparingRebalance ───────────────────> CompletingRebalance
//     ^                           │    ^       ^                               │      │
//     └── the last member is gone ┘    │       └── a member joins or leaves ───┘      │ the leader's assignment
//                                      │                                             v is committed
//                                      └──────── a member joins or leaves ──────── Stable
//
// Dead is entered from any of them when the shard is unloaded, and never left.

/** Kafka's name of the state, as clients see it. */
export type ClassicGroupState =
  | 'Empty'
  | 'PreparingRebalance'
  | 'CompletingRebalance'
  | 'Stable'
  | 'Dead';

const previousStates: Readonly<Record<ClassicGroupState, readonly ClassicGroupState[]>> = {
  Empty: ['PreparingRebalance'],
  PreparingRebalance: ['Stable', 'CompletingRebalance', 'Empty'],
  CompletingRebalance: ['PreparingRebalance'],
  Stable: ['CompletingRebalance'],
  Dead: ['Stable', 'PreparingRebalance', 'CompletingRebalance', 'Empty', 'Dead'],
};

/** Whether a group in `from` may go to `to`. */
export function canTransition(from: ClassicGroupState, to: ClassicGroupState): boolean {
  return previousStates[to].includes(from);
}

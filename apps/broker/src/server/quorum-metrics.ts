// How this node stands in the metadata quorum, under Ottla's names with the meanings of Kafka's raft-metrics.

import type { QuorumMeasures, QuorumNode, Role } from '@ottla/raft';
import { Histogram } from 'prom-client';
import type { BrokerMetrics } from '../metrics/broker-metrics.ts';

/** Seconds. */
const ELECTION_BUCKETS = [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
/** Seconds. */
const COMMIT_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5];

const STATES: readonly (Role['role'] | 'observer')[] = [
  'unattached',
  'follower',
  'observer',
  'prospective',
  'candidate',
  'leader',
  'resigned',
];

/** Registers how long elections and commits take; for the node that is about to be opened. */
export function quorumMeasures({ registry }: BrokerMetrics): QuorumMeasures {
  const registers = [registry];
  const elections = new Histogram({
    name: 'ottla_quorum_election_seconds',
    help: 'From when this node began to ask for votes until it knew a leader.',
    buckets: ELECTION_BUCKETS,
    registers,
  });
  const commits = new Histogram({
    name: 'ottla_quorum_commit_seconds',
    help: 'From an append of this node as the leader until a majority had it.',
    buckets: COMMIT_BUCKETS,
    registers,
  });
  return {
    elected: (ms) => elections.observe(ms / 1000),
    committed: (ms) => commits.observe(ms / 1000),
  };
}

/** Registers the rest; it is read when the metrics are asked for. */
export function registerQuorumMetrics(
  metrics: BrokerMetrics,
  node: Pick<QuorumNode, 'core' | 'logEndOffset' | 'nowMs'>,
): void {
  const { core } = node;
  metrics.gauge(
    'ottla_quorum_leader_id',
    'Node that leads the metadata quorum, as far as this one knows; -1 for nobody.',
    () => core.leaderId ?? -1,
  );
  metrics.gauge('ottla_quorum_epoch', 'Epoch of the quorum.', () => core.epoch);
  metrics.gauges('ottla_quorum_state', '1 for the state of this node in it.', ['state'], () => {
    const present = stateOf(node);
    return STATES.map((state) => ({ labels: { state }, value: state === present ? 1 : 0 }));
  });
  metrics.gauge(
    'ottla_quorum_high_watermark',
    'Offset below which the metadata log is committed, as far as this node knows; -1 before it does.',
    () => core.highWatermark,
  );
  metrics.gauge(
    'ottla_quorum_log_end_offset',
    'End of the metadata log here.',
    () => node.logEndOffset,
  );
  metrics.gauge('ottla_quorum_voters', 'Voters, by the log here.', () => core.voters.voters.length);
  metrics.gauge(
    'ottla_quorum_observers',
    'Nodes that follow and do not vote, as the leader sees them; 0 elsewhere.',
    () => observersOf(node),
  );
}

function stateOf({ core }: Pick<QuorumNode, 'core'>): (typeof STATES)[number] {
  const { role } = core.role;
  return role === 'follower' && !core.isVoter ? 'observer' : role;
}

function observersOf({ core, nowMs }: Pick<QuorumNode, 'core' | 'nowMs'>): number {
  const { role } = core;
  return role.role === 'leader' ? role.progress.observers(core.voters, nowMs).length : 0;
}

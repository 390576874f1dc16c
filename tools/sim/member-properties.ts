// The cluster of a plan as Kafka's configuration says it: who is broker, who votes, and the times that `ottla` gives a new
// cluster.
import type { Plan } from './plan.ts';

export const BROKER_PORT = 9092;
const CONTROLLER_PORT = 9093;
const FIRST_CONTROLLER_ID = 101;

const TIMES: Readonly<Record<string, string>> = {
  'broker.heartbeat.interval.ms': '500',
  'broker.session.timeout.ms': '2000',
  'controller.quorum.election.timeout.ms': '500',
  'controller.quorum.fetch.timeout.ms': '700',
  'controller.quorum.election.backoff.max.ms': '500',
  'replica.lag.time.max.ms': '4000',
  'group.initial.rebalance.delay.ms': '0',
};

/** Name and configuration of each server. */
export function memberProperties(plan: Plan): [string, Record<string, string>][] {
  const { brokers, controllers, isCombined } = plan;
  const brokerIds = Array.from({ length: brokers }, (_, index) => index + 1);
  const voters = Array.from({ length: controllers }, (_, index) =>
    isCombined ? index + 1 : FIRST_CONTROLLER_ID + index,
  );
  const ids = [...new Set([...brokerIds, ...voters])];
  const shared = {
    ...TIMES,
    'controller.quorum.voters': voters
      .map((id) => `${id}@${nameOf(id)}:${CONTROLLER_PORT}`)
      .join(','),
    'controller.listener.names': 'CONTROLLER',
    'log.dirs': '/data',
    'offsets.topic.num.partitions': '2',
    'offsets.topic.replication.factor': String(plan.replicationFactor),
    'min.insync.replicas': String(plan.minInSyncReplicas),
    ...(plan.isSynced ? { 'log.flush.interval.messages': '1' } : {}),
  };
  return ids.map((id) => {
    const name = nameOf(id);
    const isBroker = brokerIds.includes(id);
    const isController = voters.includes(id);
    const listeners = [
      ...(isBroker ? [`PLAINTEXT://${name}:${BROKER_PORT}`] : []),
      ...(isController ? [`CONTROLLER://${name}:${CONTROLLER_PORT}`] : []),
    ];
    const roles = [...(isBroker ? ['broker'] : []), ...(isController ? ['controller'] : [])];
    const own = {
      'node.id': String(id),
      'process.roles': roles.join(','),
      listeners: listeners.join(','),
    };
    return [name, { ...shared, ...own }];
  });
}

function nameOf(id: number): string {
  return id < FIRST_CONTROLLER_ID ? `broker-${id}` : `controller-${id}`;
}

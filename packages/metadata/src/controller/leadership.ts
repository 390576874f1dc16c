// What happens to leaders and ISRs when a broker comes or goes, as steps to be taken in slices.
// Partitions are found by going through all of them: 100,000 take a few milliseconds, which an index
// per broker would have to earn back on every change.
// Kafka: ReplicationControlManager.generateLeaderAndIsrUpdates and its callers.
import type { Uuid } from '@ottla/protocol';
import type { BrokerRegistration } from '../image/cluster-image.ts';
import { NO_LEADER, type PartitionImage } from '../image/partition-image.ts';
import { brokerChangeRecord, metadataRecord } from '../metadata-record.ts';
import {
  type DecisionScope,
  isActive,
  isRegistered,
  isUncleanElectionEnabled,
} from './decision-scope.ts';
import { decidePartition } from './partition-decision.ts';
import { partitionSteps, type Steps } from './slices.ts';

/** Fences a broker: it leaves every ISR, then its registration says so. */
export function* fenceBroker(scope: DecisionScope, broker: BrokerRegistration): Steps {
  const { brokerId, brokerEpoch } = broker;
  yield* leaveIsrs(scope, brokerId);
  yield (now) => {
    // Meanwhile it may have registered again, or was fenced by somebody else.
    if (!isRegistered(now, broker) || now.image.cluster.brokers.get(brokerId)?.fenced) return [];
    return [brokerChangeRecord({ brokerId, brokerEpoch, fenced: 1 })];
  };
}

/** Unfences a broker: partitions without a leader may get one. */
export function* unfenceBroker(scope: DecisionScope, broker: BrokerRegistration): Steps {
  const { brokerId, brokerEpoch } = broker;
  yield () => [brokerChangeRecord({ brokerId, brokerEpoch, fenced: -1 })];
  // Only the first slice cannot see the record above; a later one sees what became of the broker since.
  yield* partitionSteps(scope.image, hasNoLeader, (now, found) =>
    decidePartition(now, found, now === scope ? { joining: brokerId } : {}),
  );
}

/** Moves everything away from a broker that is about to stop. */
export function* beginControlledShutdown(scope: DecisionScope, broker: BrokerRegistration): Steps {
  const { brokerId, brokerEpoch, inControlledShutdown } = broker;
  if (!inControlledShutdown) {
    yield () => [brokerChangeRecord({ brokerId, brokerEpoch, inControlledShutdown: 1 })];
  }
  // Nothing keeps the next incarnation from serving before these are through.
  for (const step of leaveIsrs(scope, brokerId)) {
    yield step && ((now) => (isRegistered(now, broker) ? step(now) : []));
  }
}

/** Takes a broker out of the cluster. It may stay eligible to lead: if it comes back, then without its past. */
export function* unregisterBroker(scope: DecisionScope, broker: BrokerRegistration): Steps {
  const { brokerId, brokerEpoch } = broker;
  yield* leaveIsrs(scope, brokerId);
  yield (now) =>
    isRegistered(now, broker)
      ? [metadataRecord('UnregisterBrokerRecord', { brokerId, brokerEpoch })]
      : [];
}

/**
 * Takes the former incarnation of a broker out of its partitions.
 *
 * @param isClean whether it is known that nothing of its logs was lost; otherwise it is not eligible to lead any more
 */
export function endIncarnation(scope: DecisionScope, brokerId: number, isClean: boolean): Steps {
  if (isClean) return leaveIsrs(scope, brokerId);
  return partitionSteps(
    scope.image,
    ({ isr, elr }) => isr.includes(brokerId) || elr.includes(brokerId),
    (now, found) =>
      decidePartition(now, found, {
        uncleanReplica: brokerId,
        isr: found.partition.isr.filter((id) => id !== brokerId),
      }),
  );
}

/** Takes replicas in log directories of a broker that went offline out of their ISRs. */
export function loseDirectories(
  scope: DecisionScope,
  brokerId: number,
  directories: readonly Uuid[],
): Steps {
  return leave(scope, brokerId, ({ replicas, directories: assigned }) => {
    const directory = assigned[replicas.indexOf(brokerId)];
    return directory !== undefined && directories.includes(directory);
  });
}

/** Whether any partition is led by the broker. */
export function hasLeaderships({ image }: DecisionScope, brokerId: number): boolean {
  for (const topic of image.topics.byName.values()) {
    if (topic.partitions.some((partition) => partition.leader === brokerId)) return true;
  }
  return false;
}

/** Gives leadership back to preferred leaders that are in sync again. */
export function electPreferredLeaders(scope: DecisionScope): {
  readonly steps: Steps;
  /** Whether some of them serve and have to catch up first; valid when all steps were taken. */
  readonly isAwaiting: () => boolean;
} {
  let isAwaiting = false;
  const steps = partitionSteps(scope.image, hasOtherLeader, (now, found) => {
    const { replicas, isr } = found.partition;
    const [preferred = NO_LEADER] = replicas;
    if (!isr.includes(preferred) && isActive(now, preferred)) isAwaiting = true;
    return decidePartition(now, found, { election: 'preferred' });
  });
  return { steps, isAwaiting: () => isAwaiting };
}

/** Elects whoever is alive for partitions without a leader, where their configuration allows it. */
export function electUncleanLeaders(scope: DecisionScope): Steps {
  return partitionSteps(scope.image, hasNoLeader, (now, found) =>
    isUncleanElectionEnabled(now, found.topic.name)
      ? decidePartition(now, found, { election: 'unclean' })
      : undefined,
  );
}

function leaveIsrs(scope: DecisionScope, brokerId: number): Steps {
  return leave(scope, brokerId, ({ isr }) => isr.includes(brokerId));
}

function leave(
  scope: DecisionScope,
  leaving: number,
  concerns: (partition: PartitionImage) => boolean,
): Steps {
  return partitionSteps(scope.image, concerns, (now, found) =>
    decidePartition(now, found, {
      leaving,
      isr: found.partition.isr.filter((id) => id !== leaving),
    }),
  );
}

function hasNoLeader({ leader }: PartitionImage): boolean {
  return leader === NO_LEADER;
}

function hasOtherLeader({ leader, replicas }: PartitionImage): boolean {
  return leader !== (replicas[0] ?? NO_LEADER);
}

// What happens to the cluster, in the log of its nodes: each says who it takes for the active controller, and the active one tells of brokers that
// come and go, of partitions that lose their leader, and of feature levels. Kafka: the log lines of QuorumController, ReplicationControlManager
// and BrokerHeartbeatManager.
import type {
  MetadataBatch,
  MetadataRecord,
  MetadataRecordOf,
  QuorumLeader,
  QuorumListener,
} from '@ottla/metadata';
import type { Logger } from '@ottla/platform';

/** `leader` of a PartitionChangeRecord: nobody. */
const NO_LEADER = -1;
/** LeaderRecoveryState.RECOVERING: the leader was not in sync when it was elected. */
const RECOVERING = 1;
/** BrokerRegistrationChangeRecord: whether the change fences, unfences, or neither. */
const FENCE = 1;
const UNFENCE = -1;

/** Listens to the quorum; tells only of what is committed while this node leads it, so nothing twice in a cluster. */
export class ClusterLog implements QuorumListener {
  readonly #logger: Logger;
  readonly #nodeId: number;
  #isActive = false;
  #leaderId: number | undefined;
  /** Brokers in controlled shutdown: that partitions lose their leader is what somebody asked for. */
  readonly #stopping = new Set<number>();

  constructor(logger: Logger, nodeId: number) {
    this.#logger = logger;
    this.#nodeId = nodeId;
  }

  handleLeaderChange({ leaderId, epoch, isLocal }: QuorumLeader): void {
    this.#isActive = isLocal;
    if (!isLocal) this.#stopping.clear();
    // This node may know that it was elected before it may act; it says so when it may.
    if (leaderId < 0 || leaderId === this.#leaderId || (leaderId === this.#nodeId && !isLocal))
      return;
    this.#leaderId = leaderId;
    this.#logger.info(`node ${leaderId} is the active controller`, { epoch });
  }

  handleSnapshot(): void {}

  handleCommit(batches: readonly MetadataBatch[]): void {
    if (!this.#isActive) return;
    let leaderless = 0;
    let unclean = 0;
    for (const { records } of batches)
      for (const record of records) {
        if (record.type === 'PartitionChangeRecord') {
          if (record.value.leader === NO_LEADER) leaderless += 1;
          if (record.value.leaderRecoveryState === RECOVERING) unclean += 1;
        } else this.#tell(record);
      }
    const text = `${partitions(leaderless)} without a leader: nobody in sync is left to lead`;
    if (leaderless > 0 && this.#stopping.size > 0) this.#logger.info(text);
    else if (leaderless > 0) this.#logger.warn(text);
    if (unclean > 0)
      this.#logger.warn(
        `${partitions(unclean)} led by a replica that may lack records: it was out of sync, or had crashed as the last one in sync`,
      );
  }

  #tell(record: MetadataRecord): void {
    switch (record.type) {
      case 'RegisterBrokerRecord': {
        const { brokerId, brokerEpoch } = record.value;
        this.#stopping.delete(brokerId);
        this.#logger.info(`broker ${brokerId} has registered`, { brokerEpoch });
        return;
      }
      case 'BrokerRegistrationChangeRecord':
        this.#tellChange(record);
        return;
      case 'UnregisterBrokerRecord':
        this.#stopping.delete(record.value.brokerId);
        this.#logger.info(`broker ${record.value.brokerId} was removed from the cluster`);
        return;
      case 'FeatureLevelRecord':
        this.#logger.info(`feature ${record.value.name} is at level ${record.value.featureLevel}`);
        return;
      default:
        // The rest is asked for by clients, who know.
        return;
    }
  }

  #tellChange({ value }: MetadataRecordOf<'BrokerRegistrationChangeRecord'>): void {
    const { brokerId, fenced, inControlledShutdown } = value;
    if (inControlledShutdown === 1) {
      this.#stopping.add(brokerId);
      this.#logger.info(`broker ${brokerId} stops: others take its leaderships over`);
    }
    if (fenced === UNFENCE) this.#logger.info(`broker ${brokerId} is active`);
    if (fenced === FENCE) this.#logger.info(`broker ${brokerId} is fenced`);
  }
}

function partitions(count: number): string {
  return `${count} ${count === 1 ? 'partition' : 'partitions'}`;
}

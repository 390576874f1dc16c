// Tells the controller in which of its directories this broker keeps a replica, where the metadata says otherwise: so that
// the controller knows what is lost when one of several directories fails (KIP-858). Kafka: AssignmentsManager.
import type { Uuid } from '@ottla/protocol';
import {
  type AssignReplicasToDirsRequest,
  assignReplicasToDirsRequest,
  assignReplicasToDirsResponse,
  type AssignReplicasToDirsResponse,
} from '@ottla/protocol/messages/assign-replicas-to-dirs';
import type { Partition } from './partition.ts';
import { type AskingBroker, PartitionWishes } from './partition-wishes.ts';

/** Most replicas that one request names. */
const REPLICAS_MAX = 2000;
const PAUSE_MS = 500;

/** Of all replicas of this broker. */
export class DirectoryAssignments {
  readonly #options: AskingBroker;
  /** Where it is, for each replica of which the controller does not know. */
  readonly #unknown: PartitionWishes<Uuid, AssignReplicasToDirsResponse>;
  readonly #ofThisTurn: [Partition, Uuid][] = [];

  constructor(options: AskingBroker) {
    const { platform, logger, controller } = options;
    this.#options = options;
    this.#unknown = new PartitionWishes({
      platform,
      logger,
      name: 'AssignReplicasToDirs',
      pauseMs: PAUSE_MS,
      wishesMax: REPLICAS_MAX,
      isCurrent: (partition, directoryId) =>
        !partition.isDeleted && partition.directoryId !== directoryId,
      send: (sent) =>
        controller.send(
          assignReplicasToDirsRequest,
          assignReplicasToDirsResponse,
          this.#request(sent),
        ),
      // Refused replicas are not there any more, or moved: the metadata brings them again if need be.
      isAnswered: () => true,
    });
  }

  /** The replica is in this directory. */
  assign(partition: Partition, directoryId: Uuid): void {
    this.#ofThisTurn.push([partition, directoryId]);
    // What a turn brings goes together.
    if (this.#ofThisTurn.length === 1)
      void Promise.resolve().then(() => this.#unknown.ask(this.#ofThisTurn.splice(0)));
  }

  /** Sends nothing any more. */
  close(): void {
    this.#unknown.close();
  }

  #request(sent: ReadonlyMap<Partition, Uuid>): AssignReplicasToDirsRequest {
    const { brokerId, brokerEpoch } = this.#options;
    const { directories, ...rest } = assignReplicasToDirsRequest.create({
      brokerId,
      brokerEpoch: brokerEpoch(),
    });
    for (const [{ topicId, id: partitionIndex }, directoryId] of sent) {
      let directory = directories.find(({ id }) => id === directoryId);
      if (directory === undefined) directories.push((directory = { id: directoryId, topics: [] }));
      let topic = directory.topics.find((other) => other.topicId === topicId);
      if (topic === undefined) directory.topics.push((topic = { topicId, partitions: [] }));
      topic.partitions.push({ partitionIndex });
    }
    return { ...rest, directories };
  }
}

// Tells the controller in which of its directories this broker keeps a replica, where the metadata says otherwise: so that
// the controller knows what is lost when one of several directories fails (KIP-858). One request at a time, sent until it
// is answered. Kafka: AssignmentsManager.
import type { Logger, Platform, Timer } from '@ottla/platform';
import { ErrorCode, errorInfo, type Uuid } from '@ottla/protocol';
import {
  type AssignReplicasToDirsRequest,
  assignReplicasToDirsRequest,
  assignReplicasToDirsResponse,
} from '@ottla/protocol/messages/assign-replicas-to-dirs';
import type { ControllerChannel } from '../server/controller-channel.ts';
import type { Partition } from './partition.ts';

export interface DirectoryAssignmentsOptions {
  readonly platform: Pick<Platform, 'timers'>;
  readonly logger: Logger;
  readonly brokerId: number;
  readonly brokerEpoch: () => number;
  readonly controller: Pick<ControllerChannel, 'send'>;
}

/** Most replicas that one request names. */
const REPLICAS_MAX = 2000;
const PAUSE_MS = 500;

/** Of all replicas of this broker. */
export class DirectoryAssignments {
  readonly #options: DirectoryAssignmentsOptions;
  /** Where it is, for each replica of which the controller does not know. */
  readonly #pending = new Map<Partition, Uuid>();
  #isSending = false;
  #isClosed = false;
  #pause: Timer | undefined;

  constructor(options: DirectoryAssignmentsOptions) {
    this.#options = options;
  }

  /** The replica is in this directory. */
  assign(partition: Partition, directoryId: Uuid): void {
    this.#pending.set(partition, directoryId);
    // What a turn brings goes together.
    void Promise.resolve().then(() => this.#send());
  }

  /** Sends nothing any more. */
  close(): void {
    this.#isClosed = true;
    this.#pause?.cancel();
  }

  #send(): void {
    if (this.#isSending || this.#isClosed || this.#pause !== undefined) return;
    for (const [partition, directoryId] of this.#pending)
      if (partition.isDeleted || partition.directoryId === directoryId)
        this.#pending.delete(partition);
    if (this.#pending.size === 0) return;
    this.#isSending = true;
    const sent = [...this.#pending].slice(0, REPLICAS_MAX);
    void this.#exchange(sent).then((isAnswered) => {
      this.#isSending = false;
      if (isAnswered) this.#send();
      else this.#sendLater();
    });
  }

  #sendLater(): void {
    if (this.#isClosed) return;
    this.#pause = this.#options.platform.timers.set(PAUSE_MS, () => {
      this.#pause = undefined;
      this.#send();
    });
  }

  /** @returns false when it is better to wait a moment */
  async #exchange(sent: readonly (readonly [Partition, Uuid])[]): Promise<boolean> {
    const { controller, logger } = this.#options;
    try {
      const answer = await controller.send(
        assignReplicasToDirsRequest,
        assignReplicasToDirsResponse,
        this.#request(sent),
      );
      if (answer.errorCode !== ErrorCode.NONE) {
        logger.warn(`AssignReplicasToDirs refused: ${errorInfo(answer.errorCode).name}`);
        return false;
      }
      // Refused replicas are not there any more, or moved: the metadata brings them again if need be.
      for (const [partition, directoryId] of sent)
        if (this.#pending.get(partition) === directoryId) this.#pending.delete(partition);
      return true;
    } catch (error) {
      if (!this.#isClosed) logger.debug('AssignReplicasToDirs failed', { error: String(error) });
      return false;
    }
  }

  #request(sent: readonly (readonly [Partition, Uuid])[]): AssignReplicasToDirsRequest {
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

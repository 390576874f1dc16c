// Ids for idempotent producers: the controller gives this broker blocks of a thousand, the next one is asked for before
// the present one is used up. Kafka: RPCProducerIdManager.

import type { Logger } from '@ottla/platform';
import { ErrorCode, errorInfo } from '@ottla/protocol';
import {
  allocateProducerIdsRequest,
  allocateProducerIdsResponse,
} from '@ottla/protocol/messages/allocate-producer-ids';
import { ApiError } from '../network/api-error.ts';
import type { ProducerIdSource } from './broker-services.ts';
import type { ControllerChannel } from './controller-channel.ts';

export interface ProducerIdBlocksOptions {
  readonly controller: Pick<ControllerChannel, 'send'>;
  readonly brokerId: number;
  readonly brokerEpoch: () => number;
  readonly logger: Logger;
}

interface Block {
  next: number;
  /** Exclusive. */
  readonly end: number;
  readonly length: number;
}

/** Part of a block that is left when the next is fetched. */
const PREFETCH_SHARE = 0.1;

/** Gives ids out in order; an id that was given to nobody when the broker stops is lost, as in Kafka. */
export class ProducerIdBlocks implements ProducerIdSource {
  readonly #options: ProducerIdBlocksOptions;
  #block: Block | undefined;
  #following: Promise<Block> | undefined;

  constructor(options: ProducerIdBlocksOptions) {
    this.#options = options;
  }

  async next(): Promise<number> {
    for (;;) {
      const block = this.#block;
      if (block !== undefined && block.next < block.end) {
        const id = block.next++;
        if (block.end - block.next < block.length * PREFETCH_SHARE) void this.#allocateAhead();
        return id;
      }
      const following = this.#allocateAhead();
      const fetched = await following.catch((error: unknown) => {
        this.#options.logger.warn('no producer ids from the controller', { error });
        throw new ApiError(ErrorCode.COORDINATOR_LOAD_IN_PROGRESS);
      });
      // Whoever waited for the same block finds it in place.
      if (this.#following === following) {
        this.#block = fetched;
        this.#following = undefined;
      }
    }
  }

  #allocateAhead(): Promise<Block> {
    if (this.#following !== undefined) return this.#following;
    const following = this.#allocate();
    this.#following = following;
    // A failure is told to who needs the block, by trying again.
    following.catch(() => {
      if (this.#following === following) this.#following = undefined;
    });
    return following;
  }

  async #allocate(): Promise<Block> {
    const { controller, brokerId, brokerEpoch } = this.#options;
    const body = { brokerId, brokerEpoch: brokerEpoch() };
    const answer = await controller.send(
      allocateProducerIdsRequest,
      allocateProducerIdsResponse,
      body,
    );
    if (answer.errorCode !== ErrorCode.NONE) throw new Error(errorInfo(answer.errorCode).name);
    const { producerIdStart: next, producerIdLen: length } = answer;
    return { next, end: next + length, length };
  }
}

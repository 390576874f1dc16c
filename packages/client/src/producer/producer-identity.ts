// The idempotent producer's id and sequences, pure: each partition counts its records; after a failure that leaves doubt the
// epoch is raised and every partition counts from 0 again (KIP-360).
import { incrementSequence } from '@ottla/protocol/records';

export interface ProducerId {
  readonly producerId: number;
  readonly epoch: number;
}

export class ProducerIdentity {
  #id: ProducerId | undefined;
  readonly #next = new Map<string, number>();

  get id(): ProducerId | undefined {
    return this.#id;
  }

  /** A new id or epoch: sequences start again. */
  assign(id: ProducerId): void {
    this.#id = id;
    this.#next.clear();
  }

  /** The id cannot be used any more: the next batch asks for another. */
  forget(): void {
    this.#id = undefined;
  }

  /** The sequence for the next batch of a partition; takes `recordCount` of them. */
  take(key: string, recordCount: number): number {
    const sequence = this.#next.get(key) ?? 0;
    this.#next.set(key, incrementSequence(sequence, recordCount));
    return sequence;
  }
}

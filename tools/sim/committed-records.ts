// What the committed batches say themselves, and what clients were told of them: what is acknowledged is committed already,
// each producer's numbers follow one another, and who commits offsets of a group owns the partition.
import { type BatchHeader, isControlBatch, lastSequenceOf } from '@ottla/protocol/records';
import type { OffsetOf, Operation, Poll } from '../history/operation.ts';
import { GroupJournal } from './group-journal.ts';
import { TOPIC } from './load.ts';

const OFFSETS_TOPIC = '__consumer_offsets';

interface ProducerSeen {
  readonly epoch: number;
  readonly lastSequence: number;
}

export class CommittedRecords {
  /** What does not hold; once found it stays. */
  failure: string | undefined;
  /** Exclusive, by folder. */
  readonly #ends: Map<string, number> = new Map();
  /** By log and producer id. */
  readonly #producers: Map<string, ProducerSeen> = new Map();
  readonly #groups: Map<string, GroupJournal> = new Map();
  /** Partitions of sends that wait for their answers, by value. */
  readonly #sends: Map<string, number> = new Map();
  /** Offsets whose commit is under way, by process. */
  readonly #commits: Map<string, readonly OffsetOf[]> = new Map();
  /** Folders of partitions of which a producer gave up a send: its later ones may come without those before. */
  readonly #givenUp: Set<string> = new Set();
  /** Folders of which a node took more for committed than it could tell before it lost its power. */
  readonly #untold: Set<string> = new Set();

  /** A batch that a replica is the first to call committed, in the order of offsets. */
  heard(log: string, folder: string, header: BatchHeader, batch: () => Buffer): void {
    this.#ends.set(folder, header.baseOffset + header.lastOffsetDelta + 1);
    if (folder.startsWith(OFFSETS_TOPIC)) {
      let journal = this.#groups.get(folder);
      if (journal === undefined) this.#groups.set(folder, (journal = new GroupJournal()));
      this.failure ??= journal.heard(batch(), `${folder}@${header.baseOffset}`);
    }
    if (header.producerId >= 0 && !isControlBatch(header.attributes))
      this.#checkProducer(log, folder, header);
  }

  #checkProducer(log: string, folder: string, header: BatchHeader): void {
    const { producerId, producerEpoch: epoch, baseSequence, baseOffset } = header;
    const key = `${log} ${producerId}`;
    const before = this.#producers.get(key);
    this.#producers.set(key, { epoch, lastSequence: lastSequenceOf(header) });
    const place = `${folder}@${baseOffset} is of producer ${producerId}, epoch ${epoch}, sequence ${baseSequence}`;
    if (before === undefined || epoch > before.epoch) {
      // A leader takes any first number of a producer that it does not know, as Kafka's.
      if (baseSequence !== 0 && !this.#givenUp.has(folder))
        this.failure ??= `${place}, the first of its epoch`;
    } else if (epoch < before.epoch) {
      this.failure ??= `${place}; epoch ${before.epoch} is committed before it`;
    } else if (baseSequence !== before.lastSequence + 1) {
      this.failure ??= `${place}; ${before.lastSequence} is committed before it`;
    }
  }

  /** What a leader that has just lost its power called committed: nobody can look at its disk for it any more. */
  lastWords(folder: string, highWatermark: number): void {
    if (highWatermark > (this.#ends.get(folder) ?? 0)) this.#untold.add(folder);
  }

  /** What a client does, or is told. */
  noted(operation: Operation): void {
    if (operation.op === 'send') {
      if (operation.type === 'invoke') this.#sends.set(operation.value, operation.partition);
      else this.#answered(operation.value, operation.type === 'ok' ? operation.offset : undefined);
    } else if (operation.op === 'poll') {
      this.#handed(operation);
    } else if (operation.op === 'commit') {
      const { process, type } = operation;
      if (type === 'invoke') this.#commits.set(process, operation.offsets);
      else if (type === 'ok') this.#committed(process);
    }
  }

  #answered(value: string, offset: number | undefined): void {
    const folder = `${TOPIC}-${this.#sends.get(value)}`;
    this.#sends.delete(value);
    if (offset === undefined) this.#givenUp.add(folder);
    const end = this.#ends.get(folder) ?? 0;
    if (offset !== undefined && offset >= end && !this.#untold.has(folder))
      this.failure ??= `${value} is acknowledged at ${folder}@${offset}, and nobody has committed beyond ${end}`;
  }

  #handed({ process, records }: Poll): void {
    for (const [topic, partition, offset] of records) {
      const folder = `${topic}-${partition}`;
      const end = this.#ends.get(folder) ?? 0;
      if (offset >= end && !this.#untold.has(folder))
        this.failure ??= `${process} was handed ${folder}@${offset}, and nobody has committed beyond ${end}`;
    }
  }

  #committed(process: string): void {
    if ([...this.#untold].some((folder) => folder.startsWith(OFFSETS_TOPIC))) return;
    for (const [topic, partition, offset] of this.#commits.get(process) ?? []) {
      const isThere = [...this.#groups.values()].some((journal) =>
        journal.has(process, topic, partition, offset),
      );
      if (!isThere)
        this.failure ??= `${process} was told that offset ${offset} of ${topic}-${partition} is committed, and no committed record says so`;
    }
  }
}

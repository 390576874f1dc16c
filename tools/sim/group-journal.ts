// A partition of `__consumer_offsets` as far as it is committed, read as its coordinator would: generations with their owners,
// and offsets with who committed them (the load says so in their metadata).
import { Reader } from '@ottla/protocol';
import { consumerProtocolAssignment } from '@ottla/protocol/messages/consumer-protocol-assignment';
import { groupMetadataValue } from '@ottla/protocol/messages/group-metadata-value';
import { offsetCommitKey } from '@ottla/protocol/messages/offset-commit-key';
import { offsetCommitValue } from '@ottla/protocol/messages/offset-commit-value';
import { decodeBatches, type LogRecord } from '@ottla/protocol/records';
import { GROUP } from './load.ts';

const OFFSET_COMMIT = 1;
const GROUP_METADATA = 2;
const VERSION_BYTES = 2;

interface Generation {
  readonly number: number;
  /** Client ids by `topic partition`. */
  readonly owners: ReadonlyMap<string, string>;
}

export class GroupJournal {
  /** The newest; undefined before the first. */
  #generation: Generation | undefined;
  /** `client topic partition offset` of everything that was ever committed. */
  readonly #commits: Set<string> = new Set();

  /** Whether that client's commit of that offset is committed. */
  has(client: string, topic: string, partition: number, offset: number): boolean {
    return this.#commits.has(`${client} ${topic} ${partition} ${offset}`);
  }

  /** Takes in the next batch. @returns what is wrong with it; undefined for nothing */
  heard(batch: Buffer, place: string): string | undefined {
    let wrong: string | undefined;
    for (const each of decodeBatches(batch))
      for (const record of each.records()) wrong ??= this.#record(record, place);
    return wrong;
  }

  #record({ key, value }: LogRecord, place: string): string | undefined {
    if (key === null || value === null) return undefined;
    const kind = key.readInt16BE(0);
    if (kind === GROUP_METADATA) this.#generation = generationOf(value);
    return kind === OFFSET_COMMIT ? this.#offset(key, value, place) : undefined;
  }

  #offset(key: Buffer, value: Buffer, place: string): string | undefined {
    const { group, topic, partition } = offsetCommitKey.decode(bodyOf(key), 0);
    if (group !== GROUP) return undefined;
    const { offset, metadata: client } = offsetCommitValue.decode(bodyOf(value), versionOf(value));
    this.#commits.add(`${client} ${topic} ${partition} ${offset}`);
    if (this.#generation === undefined) return undefined;
    const { number, owners } = this.#generation;
    const owner = owners.get(`${topic} ${partition}`);
    // On its way from one member to another (cooperative) it is nobody's: the former one may finish.
    if (owner === undefined || owner === client) return undefined;
    return `${place}: ${client} has committed offset ${offset} of ${topic}-${partition}, which ${owner} owns in generation ${number}`;
  }
}

function generationOf(value: Buffer): Generation {
  const { generation, members } = groupMetadataValue.decode(bodyOf(value), versionOf(value));
  const owners = new Map<string, string>();
  for (const { clientId, assignment } of members) {
    if (assignment.length === 0) continue;
    const { assignedPartitions } = consumerProtocolAssignment.decode(
      bodyOf(assignment),
      versionOf(assignment),
    );
    for (const { topic, partitions } of assignedPartitions)
      for (const partition of partitions) owners.set(`${topic} ${partition}`, clientId);
  }
  return { number: generation, owners };
}

function versionOf(bytes: Buffer): number {
  return bytes.readInt16BE(0);
}

function bodyOf(bytes: Buffer): Reader {
  return new Reader(bytes.subarray(VERSION_BYTES));
}

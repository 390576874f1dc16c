// A metadata quorum in memory: the test decides when appended batches are committed and who leads.
import {
  decodeMetadataRecord,
  type MetadataBatch,
  type MetadataQuorum,
  type QuorumListener,
  type QuorumSnapshot,
} from '../../src/index.ts';

export class MemoryQuorum implements MetadataQuorum {
  logEndOffset = 0;
  readonly nodeId: number;
  /** Commits every append before it returns, as a quorum of one might. */
  commitsAtOnce = false;
  failsAppends = false;
  readonly uncommitted: MetadataBatch[] = [];
  readonly committed: MetadataBatch[] = [];
  readonly snapshots: QuorumSnapshot[] = [];
  readonly resignedEpochs: number[] = [];
  #epoch = 0;
  #listener: QuorumListener | undefined;

  constructor(nodeId: number) {
    this.nodeId = nodeId;
  }

  register(listener: QuorumListener): void {
    this.#listener = listener;
  }

  append(values: readonly Uint8Array[], epoch: number): number {
    if (this.failsAppends || epoch !== this.#epoch) throw new Error('not the leader');
    this.#write(values.map((value) => decodeMetadataRecord(Buffer.from(value))));
    if (this.commitsAtOnce) this.commitAll();
    return this.logEndOffset - 1;
  }

  resign(epoch: number): void {
    this.resignedEpochs.push(epoch);
  }

  async writeSnapshot(snapshot: QuorumSnapshot): Promise<boolean> {
    this.snapshots.push({ ...snapshot, values: [...snapshot.values] });
    return true;
  }

  /** This node wins an election; its leader change record takes an offset. */
  lead(epoch: number): void {
    this.#epoch = epoch;
    this.logEndOffset++;
    this.#listener?.handleLeaderChange({ leaderId: this.nodeId, epoch, isLocal: true });
  }

  /** Another node wins an election; what was not committed is lost or, if `keeps`, survives with it. */
  lose(epoch: number, { keeps = false } = {}): void {
    this.#epoch = epoch;
    this.#listener?.handleLeaderChange({ leaderId: 99, epoch, isLocal: false });
    if (keeps) this.commitAll();
    else this.#truncate();
  }

  /** The other leader's records arrive. */
  replicate(records: MetadataBatch['records']): void {
    this.#write(records);
    this.commitAll();
  }

  commitAll(): void {
    const batches = this.uncommitted.splice(0);
    this.committed.push(...batches);
    if (batches.length > 0) this.#listener?.handleCommit(batches);
  }

  #write(records: MetadataBatch['records']): void {
    this.uncommitted.push({
      baseOffset: this.logEndOffset,
      epoch: this.#epoch,
      appendTimestampMs: 1,
      records,
      sizeBytes: 100,
    });
    this.logEndOffset += records.length;
  }

  #truncate(): void {
    const [first] = this.uncommitted.splice(0);
    if (first !== undefined) this.logEndOffset = first.baseOffset;
  }
}

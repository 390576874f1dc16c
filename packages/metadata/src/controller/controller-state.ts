// ControllerState: what the controller knows as of one offset. Immutable; `replayBatch` is the only
// way from one to the next, on the active controller, on a standby and after a restart alike. Going
// back to what is committed is therefore keeping an older value.
import type { ClusterImage } from '../image/cluster-image.ts';
import { MetadataDelta } from '../image/metadata-delta.ts';
import {
  EMPTY_IMAGE,
  type MetadataImage,
  type MetadataProvenance,
  type TopicsImage,
} from '../image/metadata-image.ts';
import {
  type MetadataBatch,
  type MetadataSnapshot,
  provenanceBefore,
  provenanceOf,
} from '../image/metadata-loader.ts';
import { inconsistent } from '../errors.ts';
import type { MetadataRecord } from '../metadata-record.ts';
import { PersistentMap } from '../persistent-map.ts';
import { hasCollisionCharacters, unifiedTopicName } from './topic-names.ts';

/** The controller's view as of `image.provenance`, an open metadata transaction included. */
export interface ControllerState {
  readonly image: MetadataImage;
  /** Offset of each broker's latest RegisterBrokerRecord, by broker id. */
  readonly registrationOffsets: PersistentMap<number, number>;
  /** Topics with `.` or `_` in their names, by the name with all of these as `_`. */
  readonly collidingTopics: PersistentMap<string, readonly string[]>;
  /** Present while a metadata transaction (KIP-868) is open. */
  readonly transaction: OpenTransaction | undefined;
}

/** A metadata transaction that has begun and not ended. */
export interface OpenTransaction {
  /** Offset of its BeginTransactionRecord. */
  readonly startOffset: number;
  /** What an AbortTransactionRecord goes back to. */
  readonly before: ControllerState;
}

/** State before the first record. */
export const INITIAL_STATE: ControllerState = {
  image: EMPTY_IMAGE,
  registrationOffsets: PersistentMap.empty(),
  collidingTopics: PersistentMap.empty(),
  transaction: undefined,
};

/**
 * The state after a batch.
 *
 * @throws MetadataError INCONSISTENT_METADATA when a record cannot follow what came before
 */
export function replayBatch(state: ControllerState, batch: MetadataBatch): ControllerState {
  let next = state;
  let pending = new MetadataDelta(state.image);
  let registrations = state.registrationOffsets;
  const settle = (): void => {
    next = applyDelta(next, pending, registrations);
  };
  for (const [index, record] of batch.records.entries()) {
    const offset = batch.baseOffset + index;
    if (isTransactionMarker(record)) {
      settle();
      next = markTransaction(
        next,
        record,
        offset,
        provenanceBefore(next.image.provenance, batch, offset),
      );
      pending = new MetadataDelta(next.image);
      registrations = next.registrationOffsets;
      continue;
    }
    pending.replay(record);
    if (record.type === 'RegisterBrokerRecord') {
      registrations = registrations.set(record.value.brokerId, offset);
    } else if (record.type === 'UnregisterBrokerRecord') {
      registrations = registrations.delete(record.value.brokerId);
    }
  }
  settle();
  return { ...next, image: { ...next.image, provenance: provenanceOf(batch) } };
}

/** The state that a snapshot holds, whatever was known before. */
export function stateFromSnapshot(snapshot: MetadataSnapshot): ControllerState {
  const delta = new MetadataDelta(EMPTY_IMAGE);
  for (const record of snapshot.records) delta.replay(record);
  const image = delta.apply(snapshot.provenance);
  const offset = snapshot.provenance.lastContainedOffset;
  return {
    image,
    registrationOffsets: registrationsAt(image.cluster, offset),
    collidingTopics: collisionIndex(image.topics),
    transaction: undefined,
  };
}

function applyDelta(
  state: ControllerState,
  delta: MetadataDelta,
  registrationOffsets: PersistentMap<number, number>,
): ControllerState {
  let colliding = state.collidingTopics;
  for (const topic of delta.topics.deletedTopics.values()) {
    colliding = withoutName(colliding, topic.name);
  }
  for (const topic of delta.topics.createdTopics) colliding = withName(colliding, topic.name);
  const image = delta.apply(state.image.provenance);
  return { ...state, image, registrationOffsets, collidingTopics: colliding };
}

type TransactionMarker = Extract<
  MetadataRecord,
  { type: 'BeginTransactionRecord' | 'EndTransactionRecord' | 'AbortTransactionRecord' }
>;

function isTransactionMarker(record: MetadataRecord): record is TransactionMarker {
  return (
    record.type === 'BeginTransactionRecord' ||
    record.type === 'EndTransactionRecord' ||
    record.type === 'AbortTransactionRecord'
  );
}

function markTransaction(
  state: ControllerState,
  marker: TransactionMarker,
  offset: number,
  provenance: MetadataProvenance,
): ControllerState {
  if (marker.type === 'BeginTransactionRecord') {
    if (state.transaction !== undefined) inconsistent('a transaction begins inside another');
    const before = { ...state, image: { ...state.image, provenance } };
    return { ...state, transaction: { startOffset: offset, before } };
  }
  if (state.transaction === undefined) inconsistent('a transaction ends that did not begin');
  if (marker.type === 'EndTransactionRecord') return { ...state, transaction: undefined };
  return state.transaction.before;
}

function registrationsAt(cluster: ClusterImage, offset: number): PersistentMap<number, number> {
  return PersistentMap.from([...cluster.brokers.keys()].map((id) => [id, offset] as const));
}

function collisionIndex(topics: TopicsImage): PersistentMap<string, readonly string[]> {
  let index = INITIAL_STATE.collidingTopics;
  for (const name of topics.byName.keys()) index = withName(index, name);
  return index;
}

function withName(
  index: PersistentMap<string, readonly string[]>,
  name: string,
): PersistentMap<string, readonly string[]> {
  if (!hasCollisionCharacters(name)) return index;
  const key = unifiedTopicName(name);
  const names = index.get(key) ?? [];
  return names.includes(name) ? index : index.set(key, [...names, name]);
}

function withoutName(
  index: PersistentMap<string, readonly string[]>,
  name: string,
): PersistentMap<string, readonly string[]> {
  const key = unifiedTopicName(name);
  const names = index.get(key)?.filter((other) => other !== name);
  if (names === undefined) return index;
  return names.length === 0 ? index.delete(key) : index.set(key, names);
}

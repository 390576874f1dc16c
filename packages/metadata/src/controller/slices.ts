// Work on many partitions, a slice at a time, so that no turn of the event loop is long and other
// requests are decided in between. Every step decides on the state as it is when its turn comes, and
// its records are good for themselves: when this controller is lost half-way, what was written stands,
// and whoever asked asks the next one again.
//
//   image of the beginning ──▶ candidates ──▶ step on today's state ──▶ records ──▶ …next slice
// A slice goes into the log as one batch, and a step's records are never parted.
//
// Candidates come from one image, which never changes. A broker or log directory that is being taken
// out of its partitions gains none meanwhile: `departing` sees to it.
import type { Uuid } from '@ottla/protocol';
import { type MetadataImage, topicById, type TopicImage } from '../image/metadata-image.ts';
import type { PartitionImage } from '../image/partition-image.ts';
import type { MetadataRecord } from '../metadata-record.ts';
import type { Departing } from './broker-sessions.ts';
import type { DecisionScope } from './decision-scope.ts';
import type { ControllerResult } from './operations.ts';

/** Pauses of `partitionSteps` after which a slice ends although it may have no record. */
const SLICE_PAUSES_MAX = 8;

/** Partitions that are looked at between two pauses. */
const PARTITIONS_PER_PAUSE = 1024;

/** Parts of a request that are decided between two pauses of `stepsOf`, whether records come of them or not. */
const ITEMS_PER_PAUSE = 8;

/** Decides one item; the state shows nothing of the steps of the same slice. */
export type Step = (scope: DecisionScope) => readonly MetadataRecord[];

/** Steps in their order; undefined where time went by without one. */
export type Steps = Iterable<Step | undefined>;

/** Something that may take many steps. */
export interface SlicedWork<Response> {
  readonly steps: Steps;
  /** Valid when all steps were taken. */
  readonly response: () => Response;
  /** What is being taken out of its partitions: it neither leads nor joins anything until the work is done. */
  readonly departing?: readonly Departing[];
  /** As of ControllerResult; called after each slice. */
  readonly onAppended?: (lastOffset: number) => void;
}

/** The first slice of the work, which often is all of it. */
export function inSlices<Response>(
  scope: DecisionScope,
  { steps, response, departing = [], onAppended }: SlicedWork<Response>,
): ControllerResult<Response> {
  const { sessions } = scope;
  const iterator = steps[Symbol.iterator]() as Iterator<Step | undefined, void>;
  const ahead = { iterator, next: iterator.next() };
  let isDeparting = false;
  const endDeparture = (): void => {
    if (isDeparting) for (const what of departing) sessions.endDeparture(what);
  };
  const slice = (now: DecisionScope): ControllerResult<Response> => {
    let taken;
    try {
      taken = takeSlice(ahead, now);
    } catch (error) {
      endDeparture();
      throw error;
    }
    const { records, isDone } = taken;
    if (!isDone && !isDeparting) {
      isDeparting = true;
      for (const what of departing) sessions.beginDeparture(what);
    }
    return {
      records,
      response: response(),
      isAtomic: false,
      onAppended: (lastOffset) => {
        onAppended?.(lastOffset);
        if (isDone) endDeparture();
      },
      ...(isDone ? {} : { rest: slice }),
    };
  };
  return slice(scope);
}

/** Steps of which the next one is known, so that the last slice knows that it is the last. */
interface StepsAhead {
  next: IteratorResult<Step | undefined, void>;
  readonly iterator: Iterator<Step | undefined, void>;
}

function takeSlice(
  ahead: StepsAhead,
  scope: DecisionScope,
): { readonly records: readonly MetadataRecord[]; readonly isDone: boolean } {
  const records: MetadataRecord[] = [];
  let pauses = 0;
  while (records.length < scope.options.recordsPerSliceMax && pauses < SLICE_PAUSES_MAX) {
    if (ahead.next.done === true) break;
    const step = ahead.next.value;
    if (step === undefined) pauses++;
    else records.push(...step(scope));
    ahead.next = ahead.iterator.next();
  }
  return { records, isDone: ahead.next.done === true };
}

/** A partition as it is now. */
export interface FoundPartition {
  readonly topic: TopicImage;
  readonly partitionId: number;
  readonly partition: PartitionImage;
}

/** Decides about one partition; undefined when nothing has to change. */
export type PartitionStep = (
  scope: DecisionScope,
  found: FoundPartition,
) => MetadataRecord | undefined;

/** A step for every part of a request that succeeds or fails for itself; the records of one part go into one batch. */
export function* stepsOf<Item>(
  items: Iterable<Item>,
  decide: (scope: DecisionScope, item: Item) => readonly MetadataRecord[],
): Generator<Step | undefined, void, undefined> {
  let count = 0;
  for (const item of items) {
    yield (scope) => decide(scope, item);
    if (++count % ITEMS_PER_PAUSE === 0) yield undefined;
  }
}

/** A step for every partition of the image that `concerns` picks, and that it still picks when its turn comes. */
export function* partitionSteps(
  { topics }: MetadataImage,
  concerns: (partition: PartitionImage) => boolean,
  decide: PartitionStep,
): Generator<Step | undefined, void, undefined> {
  let lookedAt = 0;
  for (const { id, partitions } of topics.byName.values()) {
    // No iterator: most partitions are only looked at, and there may be many.
    for (let partitionId = 0; partitionId < partitions.length; partitionId++) {
      if (++lookedAt % PARTITIONS_PER_PAUSE === 0) yield undefined;
      const partition = partitions[partitionId];
      if (partition === undefined || !concerns(partition)) continue;
      yield partitionStep(id, partitionId, concerns, decide);
    }
  }
}

function partitionStep(
  topicId: Uuid,
  partitionId: number,
  concerns: (partition: PartitionImage) => boolean,
  decide: PartitionStep,
): Step {
  return (scope) => {
    const topic = topicById(scope.image, topicId);
    const partition = topic?.partitions[partitionId];
    if (topic === undefined || partition === undefined || !concerns(partition)) return [];
    const record = decide(scope, { topic, partitionId, partition });
    return record === undefined ? [] : [record];
  };
}

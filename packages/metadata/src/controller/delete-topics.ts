// DeleteTopics, by name and (from version 6) by id. Kafka: ControllerApis.deleteTopics and
// ReplicationControlManager.deleteTopics.
import { ErrorCode, ZERO_UUID } from '@ottla/protocol';
import type {
  DeleteTopicsRequest,
  DeleteTopicsResponse,
} from '@ottla/protocol/messages/delete-topics';
import { topicById, type TopicImage } from '../image/metadata-image.ts';
import { metadataRecord, type MetadataRecord } from '../metadata-record.ts';
import { ApiError, errorFieldsOf } from './api-error.ts';
import { type DecisionScope, OperationBound } from './decision-scope.ts';
import type { ControllerRequestContext, ControllerResult } from './operations.ts';
import { inSlices, stepsOf } from './slices.ts';

type TopicState = DeleteTopicsRequest['topics'][number];
type TopicResult = DeleteTopicsResponse['responses'][number];

/** Decides on a DeleteTopics request; each topic succeeds or fails for itself. */
export function deleteTopics(
  scope: DecisionScope,
  request: DeleteTopicsRequest,
  context: ControllerRequestContext,
): ControllerResult<DeleteTopicsResponse> {
  const wanted: TopicState[] = [
    ...request.topicNames.map((name) => ({ name, topicId: ZERO_UUID })),
    ...request.topics,
  ];
  const bound = new OperationBound();
  const taken = new Map<string, TopicImage>();
  const repeated = repeatedTopics(wanted);
  const results: TopicResult[] = [];
  const steps = stepsOf(
    wanted.filter((state) => !repeated.has(keyOf(state))),
    (now, state) => {
      let topic = taken.get(keyOf(state));
      let records: readonly MetadataRecord[] = [];
      const error = errorFieldsOf(() => {
        checkDeletionEnabled(now, context);
        if (topic !== undefined) refuseTaken();
        topic = findTopic(now, state);
        const { id: topicId, name } = topic;
        records = bound.take(now, [metadataRecord('RemoveTopicRecord', { topicId })]);
        // Under both of its keys: when the other one's turn comes it may be gone.
        taken.set(keyOf({ name, topicId: ZERO_UUID }), topic);
        taken.set(keyOf({ name: null, topicId }), topic);
      });
      const { name, id: topicId } = topic ?? { name: state.name, id: state.topicId };
      results.push({ name, topicId, ...error });
      return records;
    },
  );
  return inSlices(scope, {
    steps,
    response: () => ({
      throttleTimeMs: 0,
      responses: [...results, ...Array.from(repeated.values(), duplicate)],
    }),
  });
}

function refuseTaken(): never {
  throw new ApiError(
    ErrorCode.INVALID_REQUEST,
    'The provided topic name maps to an ID that was already supplied.',
  );
}

function checkDeletionEnabled(
  scope: DecisionScope,
  { apiVersion }: ControllerRequestContext,
): void {
  if (scope.options.deleteTopicEnable) return;
  if (apiVersion < 3) {
    throw new ApiError(ErrorCode.INVALID_REQUEST, 'This version does not support topic deletion.');
  }
  throw new ApiError(ErrorCode.TOPIC_DELETION_DISABLED);
}

function findTopic(scope: DecisionScope, { name, topicId }: TopicState): TopicImage {
  if (name === null && topicId === ZERO_UUID) {
    throw new ApiError(ErrorCode.INVALID_REQUEST, 'Neither topic name nor id were specified.');
  }
  if (name !== null && topicId !== ZERO_UUID) {
    throw new ApiError(
      ErrorCode.INVALID_REQUEST,
      'You may not specify both topic name and topic id.',
    );
  }
  if (name === null) {
    const topic = topicById(scope.image, topicId);
    if (topic !== undefined) return topic;
    throw new ApiError(ErrorCode.UNKNOWN_TOPIC_ID, 'This server does not host this topic ID.');
  }
  const topic = scope.image.topics.byName.get(name);
  if (topic !== undefined) return topic;
  throw new ApiError(
    ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
    'This server does not host this topic-partition.',
  );
}

/** What was asked for more than once, by key. Requests that name nothing, or too much, are not counted. */
function repeatedTopics(wanted: readonly TopicState[]): ReadonlyMap<string, TopicState> {
  const seen = new Set<string>();
  const repeated = new Map<string, TopicState>();
  for (const state of wanted) {
    if ((state.name === null) === (state.topicId === ZERO_UUID)) continue;
    const key = keyOf(state);
    if (seen.has(key)) repeated.set(key, state);
    seen.add(key);
  }
  return repeated;
}

function duplicate({ name, topicId }: TopicState): TopicResult {
  const errorMessage = name === null ? 'Duplicate topic id.' : 'Duplicate topic name.';
  return { name, topicId, errorCode: ErrorCode.INVALID_REQUEST, errorMessage };
}

function keyOf({ name, topicId }: TopicState): string {
  return name === null ? `id:${topicId}` : `name:${name}`;
}

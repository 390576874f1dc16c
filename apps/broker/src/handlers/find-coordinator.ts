// FindCoordinator: which broker leads the partition that a group is kept in. The topic is created when somebody asks for
// the first time. Kafka: KafkaApis.handleFindCoordinatorRequest.
import { CoordinatorError } from '@ottla/coordinator';
import { partitionOf } from '@ottla/metadata';
import { ErrorCode, errorInfo } from '@ottla/protocol';
import {
  type Coordinator,
  type FindCoordinatorRequest,
  findCoordinatorRequest,
  type FindCoordinatorResponse,
  findCoordinatorResponse,
} from '@ottla/protocol/messages/find-coordinator';
import type { ApiHandler } from '../network/api-handler.ts';
import type { BrokerServices } from '../server/broker-services.ts';
import { OFFSETS_TOPIC } from './internal-topics.ts';
import { nodeEndpoint } from './leader-hints.ts';

/** What finding needs of the broker. */
export type FindCoordinatorServices = Pick<BrokerServices, 'replicas' | 'groups' | 'autoCreation'>;

const GROUP = 0;
const TRANSACTION = 1;
const BATCH_VERSION_MIN = 4;
const NO_NODE = { nodeId: -1, host: '', port: -1 };

/** Serves FindCoordinator 0 to 6. */
export const createHandler = (
  services: FindCoordinatorServices,
): ApiHandler<FindCoordinatorRequest, FindCoordinatorResponse> => ({
  request: findCoordinatorRequest,
  response: findCoordinatorResponse,
  handle({ apiVersion, connection }, request) {
    const { key, keyType, coordinatorKeys } = request;
    const find = (wanted: string): Coordinator =>
      findOne(services, wanted, keyType, connection.listenerName);
    if (apiVersion >= BATCH_VERSION_MIN)
      return findCoordinatorResponse.create({ coordinators: coordinatorKeys.map(find) });
    const { errorCode, nodeId, host, port } = find(key);
    return single(errorCode, { nodeId, host, port });
  },
  errorResponse({ coordinatorKeys }, version, code) {
    if (version < BATCH_VERSION_MIN) return single(code, NO_NODE);
    return findCoordinatorResponse.create({
      coordinators: coordinatorKeys.map((key) => failed(key, code)),
    });
  },
});

function single(errorCode: number, node: typeof NO_NODE): FindCoordinatorResponse {
  const info = errorInfo(errorCode);
  const errorMessage = errorCode === ErrorCode.NONE ? info.name : info.description;
  return findCoordinatorResponse.create({ errorCode, errorMessage, ...node });
}

function failed(key: string, errorCode: number): Coordinator {
  return { key, ...NO_NODE, errorCode, errorMessage: '' };
}

function findOne(
  { replicas, groups, autoCreation }: FindCoordinatorServices,
  key: string,
  keyType: number,
  listenerName: string,
): Coordinator {
  if (keyType === TRANSACTION) return failed(key, ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED);
  if (keyType !== GROUP) return failed(key, ErrorCode.INVALID_REQUEST);
  const { image } = replicas;
  if (image.topics.byName.get(OFFSETS_TOPIC) === undefined) {
    autoCreation.create([OFFSETS_TOPIC]);
    return failed(key, ErrorCode.COORDINATOR_NOT_AVAILABLE);
  }
  try {
    const leader = partitionOf(image, OFFSETS_TOPIC, groups.partitionFor(key))?.leader ?? -1;
    const node = nodeEndpoint(image, leader, listenerName);
    if (node === undefined) return failed(key, ErrorCode.COORDINATOR_NOT_AVAILABLE);
    const { nodeId, host, port } = node;
    return { key, nodeId, host, port, errorCode: ErrorCode.NONE, errorMessage: '' };
  } catch (error) {
    if (error instanceof CoordinatorError) return failed(key, error.errorCode);
    throw error;
  }
}

// DescribeCluster (KIP-700): the brokers, fenced ones when asked for, and the cluster's id.
// Kafka: KafkaApis.handleDescribeCluster, AuthHelper.computeDescribeClusterResponse.

import { ErrorCode } from '@ottla/protocol';
import {
  describeClusterRequest,
  describeClusterResponse,
} from '@ottla/protocol/messages/describe-cluster';
import type {
  DescribeClusterRequest,
  DescribeClusterResponse,
} from '@ottla/protocol/messages/describe-cluster';
import type { CreateApiHandler } from '../network/api-handler.ts';
import type { RequestContext } from '../network/request-context.ts';
import type { BrokerServices } from '../server/broker-services.ts';
import { CLUSTER_OPERATIONS, OPERATIONS_NOT_ASKED } from './authorized-operations.ts';
import { ClusterView } from './cluster-view.ts';

/** Kinds of end point that a client may ask for (KIP-919). */
const ENDPOINT_BROKERS = 1;
/** The controller's listeners. */
export const ENDPOINT_CONTROLLERS = 2;
const ENDPOINT_NAMES: ReadonlyMap<number, string> = new Map([
  [ENDPOINT_BROKERS, 'BROKER'],
  [ENDPOINT_CONTROLLERS, 'CONTROLLER'],
]);

/** Answers from the newest image. */
export const createHandler: CreateApiHandler<
  BrokerServices,
  DescribeClusterRequest,
  DescribeClusterResponse
> = (services) => ({
  request: describeClusterRequest,
  response: describeClusterResponse,
  handle: (context, request) =>
    wrongEndpoint(context.apiVersion, request.endpointType, ENDPOINT_BROKERS) ??
    describe(services, context, request),
  errorResponse: (_request, _version, errorCode, errorMessage) =>
    describeClusterResponse.create({ errorCode, errorMessage }),
});

function describe(
  services: BrokerServices,
  context: RequestContext,
  request: DescribeClusterRequest,
): DescribeClusterResponse {
  const view = new ClusterView(services.image(), context.connection.listenerName);
  return describeClusterResponse.create({
    endpointType: ENDPOINT_BROKERS,
    clusterId: services.clusterId,
    controllerId: view.controllerId(services.platform.random),
    brokers: view
      .nodes()
      .filter(({ isFenced }) => !isFenced || request.includeFencedBrokers)
      .map(({ id, ...node }) => ({ brokerId: id, ...node })),
    clusterAuthorizedOperations: request.includeClusterAuthorizedOperations
      ? CLUSTER_OPERATIONS
      : OPERATIONS_NOT_ASKED,
  });
}

/** The error for who asks one kind of listener about the other kind; undefined when the kinds agree. */
export function wrongEndpoint(
  apiVersion: number,
  asked: number,
  expected: number,
): DescribeClusterResponse | undefined {
  if (asked === expected) return undefined;
  const wanted = ENDPOINT_NAMES.get(asked);
  const code =
    wanted === undefined ? ErrorCode.UNSUPPORTED_ENDPOINT_TYPE : ErrorCode.MISMATCHED_ENDPOINT_TYPE;
  return describeClusterResponse.create({
    errorCode: apiVersion === 0 ? ErrorCode.INVALID_REQUEST : code,
    errorMessage:
      wanted === undefined
        ? `Unsupported endpoint type ${asked}`
        : `The request was sent to an endpoint of type ${ENDPOINT_NAMES.get(expected)}, but we wanted an endpoint of type ${wanted}`,
  });
}

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
const ENDPOINT_CONTROLLERS = 2;

/** Answers from the newest image. */
export const createHandler: CreateApiHandler<
  BrokerServices,
  DescribeClusterRequest,
  DescribeClusterResponse
> = (services) => ({
  request: describeClusterRequest,
  response: describeClusterResponse,
  handle: (context, request) =>
    wrongEndpoint(context, request) ?? describe(services, context, request),
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

function wrongEndpoint(
  { apiVersion }: RequestContext,
  { endpointType }: DescribeClusterRequest,
): DescribeClusterResponse | undefined {
  if (endpointType === ENDPOINT_BROKERS) return undefined;
  const isKnown = endpointType === ENDPOINT_CONTROLLERS;
  const code = isKnown ? ErrorCode.MISMATCHED_ENDPOINT_TYPE : ErrorCode.UNSUPPORTED_ENDPOINT_TYPE;
  return describeClusterResponse.create({
    errorCode: apiVersion === 0 ? ErrorCode.INVALID_REQUEST : code,
    errorMessage: isKnown
      ? 'The request was sent to an endpoint of type BROKER, but we wanted an endpoint of type CONTROLLER'
      : `Unsupported endpoint type ${endpointType}`,
  });
}

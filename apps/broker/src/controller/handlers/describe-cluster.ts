// DescribeCluster on the controller's listeners (KIP-919): the controllers and where they are reached, for tools that
// are started with `--bootstrap-controller`. Kafka: ControllerApis.handleDescribeCluster.

import type { MetadataImage } from '@ottla/metadata';
import {
  describeClusterRequest,
  describeClusterResponse,
} from '@ottla/protocol/messages/describe-cluster';
import type {
  DescribeClusterBroker,
  DescribeClusterRequest,
  DescribeClusterResponse,
} from '@ottla/protocol/messages/describe-cluster';
import { CLUSTER_OPERATIONS, OPERATIONS_NOT_ASKED } from '../../handlers/authorized-operations.ts';
import { ENDPOINT_CONTROLLERS, wrongEndpoint } from '../../handlers/describe-cluster.ts';
import type { CreateApiHandler } from '../../network/api-handler.ts';
import type { ControllerServices } from '../controller-services.ts';

/** Answers from the committed metadata. */
export const createHandler: CreateApiHandler<
  ControllerServices,
  DescribeClusterRequest,
  DescribeClusterResponse
> = ({ clusterId, driver }) => ({
  request: describeClusterRequest,
  response: describeClusterResponse,
  handle: ({ apiVersion, connection }, request) =>
    wrongEndpoint(apiVersion, request.endpointType, ENDPOINT_CONTROLLERS) ??
    describeClusterResponse.create({
      endpointType: ENDPOINT_CONTROLLERS,
      clusterId,
      controllerId: driver.leaderId,
      brokers: controllers(driver.image, connection.listenerName),
      clusterAuthorizedOperations: request.includeClusterAuthorizedOperations
        ? CLUSTER_OPERATIONS
        : OPERATIONS_NOT_ASKED,
    }),
  errorResponse: (_request, _version, errorCode, errorMessage) =>
    describeClusterResponse.create({ errorCode, errorMessage }),
});

function controllers({ cluster }: MetadataImage, listenerName: string): DescribeClusterBroker[] {
  const nodes: DescribeClusterBroker[] = [];
  for (const { controllerId, endPoints } of cluster.controllers.values()) {
    const endPoint = endPoints.find(({ name }) => name === listenerName);
    if (endPoint === undefined) continue;
    const { host, port } = endPoint;
    nodes.push({ brokerId: controllerId, host, port, rack: null, isFenced: false });
  }
  return nodes;
}

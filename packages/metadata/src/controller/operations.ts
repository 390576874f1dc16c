// What can be asked of the controller: one entry an API, with its request and response as on the wire.
import type {
  AllocateProducerIdsRequest,
  AllocateProducerIdsResponse,
} from '@ottla/protocol/messages/allocate-producer-ids';
import type {
  AlterConfigsRequest,
  AlterConfigsResponse,
} from '@ottla/protocol/messages/alter-configs';
import type {
  AlterPartitionRequest,
  AlterPartitionResponse,
} from '@ottla/protocol/messages/alter-partition';
import type {
  BrokerHeartbeatRequest,
  BrokerHeartbeatResponse,
} from '@ottla/protocol/messages/broker-heartbeat';
import type {
  BrokerRegistrationRequest,
  BrokerRegistrationResponse,
} from '@ottla/protocol/messages/broker-registration';
import type {
  ControllerRegistrationRequest,
  ControllerRegistrationResponse,
} from '@ottla/protocol/messages/controller-registration';
import type {
  CreatePartitionsRequest,
  CreatePartitionsResponse,
} from '@ottla/protocol/messages/create-partitions';
import type {
  CreateTopicsRequest,
  CreateTopicsResponse,
} from '@ottla/protocol/messages/create-topics';
import type {
  DeleteTopicsRequest,
  DeleteTopicsResponse,
} from '@ottla/protocol/messages/delete-topics';
import type {
  IncrementalAlterConfigsRequest,
  IncrementalAlterConfigsResponse,
} from '@ottla/protocol/messages/incremental-alter-configs';
import type {
  UnregisterBrokerRequest,
  UnregisterBrokerResponse,
} from '@ottla/protocol/messages/unregister-broker';
import type {
  AlterPartitionReassignmentsRequest,
  AlterPartitionReassignmentsResponse,
} from '@ottla/protocol/messages/alter-partition-reassignments';
import type {
  AssignReplicasToDirsRequest,
  AssignReplicasToDirsResponse,
} from '@ottla/protocol/messages/assign-replicas-to-dirs';
import type {
  ElectLeadersRequest,
  ElectLeadersResponse,
} from '@ottla/protocol/messages/elect-leaders';
import type {
  ListPartitionReassignmentsRequest,
  ListPartitionReassignmentsResponse,
} from '@ottla/protocol/messages/list-partition-reassignments';
import type {
  UpdateFeaturesRequest,
  UpdateFeaturesResponse,
} from '@ottla/protocol/messages/update-features';
import type { MetadataRecord } from '../metadata-record.ts';
import type { DecisionScope } from './decision-scope.ts';

/** Request and response of each operation, by the operation's name. */
export interface ControllerOperations {
  createTopics: { request: CreateTopicsRequest; response: CreateTopicsResponse };
  deleteTopics: { request: DeleteTopicsRequest; response: DeleteTopicsResponse };
  createPartitions: { request: CreatePartitionsRequest; response: CreatePartitionsResponse };
  alterConfigs: { request: AlterConfigsRequest; response: AlterConfigsResponse };
  incrementalAlterConfigs: {
    request: IncrementalAlterConfigsRequest;
    response: IncrementalAlterConfigsResponse;
  };
  registerBroker: { request: BrokerRegistrationRequest; response: BrokerRegistrationResponse };
  brokerHeartbeat: { request: BrokerHeartbeatRequest; response: BrokerHeartbeatResponse };
  unregisterBroker: { request: UnregisterBrokerRequest; response: UnregisterBrokerResponse };
  registerController: {
    request: ControllerRegistrationRequest;
    response: ControllerRegistrationResponse;
  };
  allocateProducerIds: {
    request: AllocateProducerIdsRequest;
    response: AllocateProducerIdsResponse;
  };
  alterPartition: { request: AlterPartitionRequest; response: AlterPartitionResponse };
  electLeaders: { request: ElectLeadersRequest; response: ElectLeadersResponse };
  alterPartitionReassignments: {
    request: AlterPartitionReassignmentsRequest;
    response: AlterPartitionReassignmentsResponse;
  };
  listPartitionReassignments: {
    request: ListPartitionReassignmentsRequest;
    response: ListPartitionReassignmentsResponse;
  };
  assignReplicasToDirs: {
    request: AssignReplicasToDirsRequest;
    response: AssignReplicasToDirsResponse;
  };
  updateFeatures: { request: UpdateFeaturesRequest; response: UpdateFeaturesResponse };
}

/** Name of an operation. */
export type ControllerOperation = keyof ControllerOperations;

/** The request of operation `O`. */
export type ControllerRequest<O extends ControllerOperation> = ControllerOperations[O]['request'];

/** The response of operation `O`. */
export type ControllerResponse<O extends ControllerOperation> = ControllerOperations[O]['response'];

/** What comes with a request. */
export interface ControllerRequestContext {
  /** Version of the API in which the request came; some answers depend on it. */
  readonly apiVersion: number;
  /** How long the client waits for the commit, in milliseconds; without it: for as long as this controller is active. */
  readonly timeoutMs?: number;
}

/** What an operation comes to: nothing has happened until `records` are in the log. */
export interface ControllerResult<Response> {
  /** To be appended in this order; empty when there is nothing to write. */
  readonly records: readonly MetadataRecord[];
  readonly response: Response;
  /**
   * Whether the records must go into the log as one batch; default true. Otherwise each is good for
   * itself, and there may be more of them than a batch can hold.
   */
  readonly isAtomic?: boolean;
  /**
   * To be called with the offset of the last record (or of the last one before, when there are none)
   * right after they were appended and replayed.
   */
  readonly onAppended?: (lastOffset: number) => void;
  /**
   * There is more of it, to be decided in a later turn by `Controller.resume`, after these records were replayed. The
   * response is then that of the last part.
   */
  readonly rest?: (scope: DecisionScope) => ControllerResult<Response>;
}

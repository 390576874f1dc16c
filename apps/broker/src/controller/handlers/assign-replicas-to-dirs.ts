// AssignReplicasToDirs (KIP-858): a broker says in which of its log directories its replicas live.

import {
  assignReplicasToDirsRequest,
  assignReplicasToDirsResponse,
} from '@ottla/protocol/messages/assign-replicas-to-dirs';
import type {
  AssignReplicasToDirsRequest,
  AssignReplicasToDirsResponse,
} from '@ottla/protocol/messages/assign-replicas-to-dirs';
import type { CreateApiHandler } from '../../network/api-handler.ts';
import type { ControllerServices } from '../controller-services.ts';
import { operation } from '../operation-handler.ts';

/** The controller decides. */
export const createHandler: CreateApiHandler<
  ControllerServices,
  AssignReplicasToDirsRequest,
  AssignReplicasToDirsResponse
> = operation(
  'assignReplicasToDirs',
  assignReplicasToDirsRequest,
  assignReplicasToDirsResponse,
  (_request, _version, errorCode) => assignReplicasToDirsResponse.create({ errorCode }),
);

// What handlers of the controller's listener receive.

import type { ControllerDriver } from '@ottla/metadata';
import type { Logger } from '@ottla/platform';
import type { Uuid } from '@ottla/protocol';
import type { QuorumRequests } from '@ottla/raft';

/** The parts of a running controller. */
export interface ControllerServices {
  readonly logger: Logger;
  readonly nodeId: number;
  readonly clusterId: Uuid;
  readonly driver: ControllerDriver;
  /** The raft layer's side of the wire. */
  readonly quorum: QuorumRequests;
  /** Finalized level of `kraft.version`. */
  readonly kraftVersion: number;
  /** APIs that the controller's listeners serve, for ApiVersions. */
  servedApiKeys(): readonly number[];
}

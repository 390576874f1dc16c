// BrokerRegistration, UnregisterBroker and ControllerRegistration.
// Kafka: org.apache.kafka.controller.ClusterControlManager; KIP-631, KIP-919.
import { ErrorCode, type Uuid } from '@ottla/protocol';
import type {
  BrokerRegistrationRequest,
  BrokerRegistrationResponse,
} from '@ottla/protocol/messages/broker-registration';
import type {
  ControllerRegistrationRequest,
  ControllerRegistrationResponse,
} from '@ottla/protocol/messages/controller-registration';
import type {
  UnregisterBrokerRequest,
  UnregisterBrokerResponse,
} from '@ottla/protocol/messages/unregister-broker';
import { KRAFT_VERSION_FEATURE, METADATA_VERSION_FEATURE } from '../feature-levels.ts';
import type { BrokerRegistration } from '../image/cluster-image.ts';
import { metadataRecord, type MetadataRecord } from '../metadata-record.ts';
import { ApiError, errorFieldsOf, NO_ERROR } from './api-error.ts';
import { type DecisionScope, gatesOf, metadataVersionOf } from './decision-scope.ts';
import { endIncarnation, unregisterBroker as unregistrationSteps } from './leadership.ts';
import type { ControllerRequestContext, ControllerResult } from './operations.ts';
import { inSlices, type Step, type Steps } from './slices.ts';

/** Directory ids below this number have a meaning of their own (KIP-858). */
const RESERVED_DIRECTORY_IDS = 100;

/** From this version of BrokerRegistration on a broker says which epoch it shut down in cleanly (KIP-966). */
const CLEAN_SHUTDOWN_VERSION_MIN = 3;

/**
 * Decides on a BrokerRegistration request. A new incarnation is taken out of whatever the former one was in; its
 * registration comes last, so that after a crash before it the broker registers again. The broker epoch is the offset that
 * the log gives next when that is decided.
 */
export function registerBroker(
  scope: DecisionScope,
  request: BrokerRegistrationRequest,
  { apiVersion }: ControllerRequestContext,
): ControllerResult<BrokerRegistrationResponse> {
  const { brokerId } = request;
  let brokerEpoch = -1;
  let { errorCode } = errorFieldsOf(() => checkRegistration(scope, request));
  const response = (): BrokerRegistrationResponse => ({
    throttleTimeMs: 0,
    errorCode,
    brokerEpoch,
  });
  if (errorCode !== ErrorCode.NONE) return { records: [], response: response() };
  const existing = scope.image.cluster.brokers.get(brokerId);
  const isClean =
    apiVersion >= CLEAN_SHUTDOWN_VERSION_MIN &&
    existing?.brokerEpoch === request.previousBrokerEpoch;
  const register: Step = (now) => {
    // In a later turn another process may have this id or a directory of it, and a feature another level.
    if (now !== scope)
      ({ errorCode } = errorFieldsOf(() => checkRegistration(now, request, existing)));
    if (errorCode !== ErrorCode.NONE) return [];
    const current = now.image.cluster.brokers.get(brokerId);
    const amended = current?.incarnationId === request.incarnationId ? current : undefined;
    brokerEpoch = amended?.brokerEpoch ?? now.nextOffset;
    if (amended === undefined) now.sessions.remove(brokerId);
    return [registrationRecord(now, request, brokerEpoch, amended)];
  };
  function* steps(): Steps {
    const isAmendment = existing?.incarnationId === request.incarnationId;
    if (!isAmendment) yield* endIncarnation(scope, brokerId, isClean);
    yield register;
  }
  return inSlices(scope, { steps: steps(), response, departing: [brokerId] });
}

/** Decides on an UnregisterBroker request. */
export function unregisterBroker(
  scope: DecisionScope,
  { brokerId }: UnregisterBrokerRequest,
): ControllerResult<UnregisterBrokerResponse> {
  const broker = scope.image.cluster.brokers.get(brokerId);
  if (broker === undefined) {
    const errorCode = ErrorCode.BROKER_ID_NOT_REGISTERED;
    const errorMessage = `Broker ID ${brokerId} is not currently registered`;
    return { records: [], response: { throttleTimeMs: 0, errorCode, errorMessage } };
  }
  scope.sessions.remove(brokerId);
  return inSlices(scope, {
    steps: unregistrationSteps(scope, broker),
    response: () => ({ throttleTimeMs: 0, ...NO_ERROR }),
    departing: [brokerId],
  });
}

/** Decides on a ControllerRegistration request. */
export function registerController(
  scope: DecisionScope,
  request: ControllerRegistrationRequest,
): ControllerResult<ControllerRegistrationResponse> {
  const records: MetadataRecord[] = [];
  const error = errorFieldsOf(() => {
    if (!gatesOf(scope).isControllerRegistrationSupported) {
      throw new ApiError(
        ErrorCode.UNSUPPORTED_VERSION,
        'The current MetadataVersion is too old to support controller registrations.',
      );
    }
    records.push(
      metadataRecord('RegisterControllerRecord', {
        controllerId: request.controllerId,
        incarnationId: request.incarnationId,
        zkMigrationReady: false,
        endPoints: endPointsOf(request.listeners),
        features: featuresOf(request.features),
      }),
    );
  });
  return { records, response: { throttleTimeMs: 0, ...error } };
}

/** @param missed whose session was over when the registration began */
function checkRegistration(
  scope: DecisionScope,
  request: BrokerRegistrationRequest,
  missed?: BrokerRegistration,
): void {
  if (request.clusterId !== scope.options.clusterId) {
    throw new ApiError(
      ErrorCode.INCONSISTENT_CLUSTER_ID,
      `Expected cluster ID ${scope.options.clusterId}, but got cluster ID ${request.clusterId}`,
    );
  }
  checkIncarnation(scope, request, missed);
  if (request.isMigratingZkBroker) {
    throw new ApiError(
      ErrorCode.BROKER_ID_NOT_REGISTERED,
      'Controller does not support registering ZK brokers.',
    );
  }
  if (gatesOf(scope).isDirectoryAssignmentSupported) checkDirectories(scope, request);
  checkFeatures(scope, request);
}

/**
 * A second process with the id of a live broker has to wait until the first one's session is over. One that was missed and is heard
 * of again has lost its partitions by then, and nobody would give it those back that only it could lead.
 */
function checkIncarnation(
  scope: DecisionScope,
  request: BrokerRegistrationRequest,
  missed: BrokerRegistration | undefined,
): void {
  const existing = scope.image.cluster.brokers.get(request.brokerId);
  if (existing === undefined || existing.incarnationId === request.incarnationId) return;
  if (existing.brokerEpoch === missed?.brokerEpoch) return;
  const { brokerId, brokerEpoch } = existing;
  if (!scope.sessions.hasValidSession(brokerId, brokerEpoch, scope.nowMs)) return;
  throw new ApiError(
    ErrorCode.DUPLICATE_BROKER_REGISTRATION,
    `Another broker is registered with broker id ${brokerId}; if it was restarted, its session expires soon.`,
  );
}

function checkDirectories(scope: DecisionScope, request: BrokerRegistrationRequest): void {
  const { logDirs, brokerId } = request;
  if (logDirs.length === 0) refuseRegistration('No directories specified in request');
  if (logDirs.some(isReservedDirectory)) refuseRegistration('Reserved directory ID in request');
  if (new Set(logDirs).size !== logDirs.length) {
    refuseRegistration('Duplicate directory ID in request');
  }
  for (const other of scope.image.cluster.brokers.values()) {
    const shared = other.logDirs.find((directory) => logDirs.includes(directory));
    if (shared === undefined || other.brokerId === brokerId) continue;
    refuseRegistration(`Broker ${other.brokerId} is already registered with directory ${shared}`);
  }
}

/** Every finalized feature must be within what the broker supports; one it does not name it supports at 0. */
function checkFeatures(scope: DecisionScope, request: BrokerRegistrationRequest): void {
  const finalized = new Map(scope.image.features);
  finalized.set(METADATA_VERSION_FEATURE, metadataVersionOf(scope));
  finalized.set(KRAFT_VERSION_FEATURE, scope.options.kraftVersion());
  for (const { name, minSupportedVersion, maxSupportedVersion } of request.features) {
    checkLevel(name, finalized.get(name) ?? 0, minSupportedVersion, maxSupportedVersion);
    finalized.delete(name);
  }
  if (finalized.has(METADATA_VERSION_FEATURE)) {
    refuseRegistration(`Request features do not contain '${METADATA_VERSION_FEATURE}'`);
  }
  for (const [name, level] of finalized) checkLevel(name, level, 0, 0);
}

function checkLevel(name: string, level: number, min: number, max: number): void {
  if (level >= min && level <= max) return;
  throw new ApiError(
    ErrorCode.UNSUPPORTED_VERSION,
    `Unable to register because the broker does not support finalized version ${level} of ${name}. ` +
      `The broker wants a version between ${min} and ${max}, inclusive.`,
  );
}

function registrationRecord(
  scope: DecisionScope,
  request: BrokerRegistrationRequest,
  brokerEpoch: number,
  amended: BrokerRegistration | undefined,
): MetadataRecord {
  return metadataRecord(
    'RegisterBrokerRecord',
    {
      brokerId: request.brokerId,
      incarnationId: request.incarnationId,
      brokerEpoch,
      endPoints: endPointsOf(request.listeners),
      features: featuresOf(request.features),
      rack: request.rack,
      fenced: amended?.fenced ?? true,
      inControlledShutdown: amended?.inControlledShutdown ?? false,
      logDirs: gatesOf(scope).isDirectoryAssignmentSupported ? [...request.logDirs] : [],
    },
    metadataVersionOf(scope),
  );
}

function endPointsOf(
  listeners: BrokerRegistrationRequest['listeners'],
): BrokerRegistrationRequest['listeners'] {
  return listeners.map(({ name, host, port, securityProtocol }) => ({
    name,
    host,
    port,
    securityProtocol,
  }));
}

function featuresOf(
  features: BrokerRegistrationRequest['features'],
): BrokerRegistrationRequest['features'] {
  return features.map(({ name, minSupportedVersion, maxSupportedVersion }) => ({
    name,
    minSupportedVersion,
    maxSupportedVersion,
  }));
}

function isReservedDirectory(directory: Uuid): boolean {
  const bytes = Buffer.from(directory, 'base64url');
  return (
    bytes.subarray(0, 15).every((byte) => byte === 0) && (bytes[15] ?? 0) < RESERVED_DIRECTORY_IDS
  );
}

function refuseRegistration(message: string): never {
  throw new ApiError(ErrorCode.INVALID_REGISTRATION, message);
}

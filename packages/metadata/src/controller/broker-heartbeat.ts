// BrokerHeartbeat: a broker says that it lives and what it wants to be; the controller says what it is.
//
//              caught up, wants to serve                    leads partitions, wants to stop
//   fenced ─────────────────────────────▶ unfenced ─────────────────────────▶ controlled shutdown
//     │ ▲                                   │  │                                     │
//     │ └── wants to be fenced, or silent ──┘  │ leads nothing,                      │ leads nothing,
//     │ wants to stop                          │ wants to stop                       │ all have seen it
//     └───────────────────────────────▶ shut down now ◀──────────────────────────────┘
//
// Kafka: BrokerHeartbeatManager.calculateNextBrokerState, ReplicationControlManager.processBrokerHeartbeat.
import { ErrorCode, type Uuid } from '@ottla/protocol';
import type {
  BrokerHeartbeatRequest,
  BrokerHeartbeatResponse,
} from '@ottla/protocol/messages/broker-heartbeat';
import type { BrokerRegistration } from '../image/cluster-image.ts';
import { brokerChangeRecord, type MetadataRecord } from '../metadata-record.ts';
import { ApiError } from './api-error.ts';
import { type DecisionScope, gatesOf, isRegistered, registeredBroker } from './decision-scope.ts';
import {
  beginControlledShutdown,
  fenceBroker,
  hasLeaderships,
  loseDirectories,
  unfenceBroker,
} from './leadership.ts';
import type { ControllerResult } from './operations.ts';
import { inSlices, type Steps } from './slices.ts';

type BrokerControlState = 'fenced' | 'unfenced' | 'controlledShutdown' | 'shutdownNow';

/** Decides on a heartbeat. */
export function brokerHeartbeat(
  scope: DecisionScope,
  request: BrokerHeartbeatRequest,
): ControllerResult<BrokerHeartbeatResponse> {
  try {
    const broker = registeredBroker(scope, request.brokerId, request.brokerEpoch);
    return heartbeatOf(scope, broker, request);
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    return { records: [], response: { ...NO_STATE, errorCode: error.errorCode } };
  }
}

const NO_STATE: BrokerHeartbeatResponse = {
  throttleTimeMs: 0,
  errorCode: ErrorCode.NONE,
  isCaughtUp: false,
  isFenced: true,
  shouldShutDown: false,
};

function heartbeatOf(
  scope: DecisionScope,
  broker: BrokerRegistration,
  request: BrokerHeartbeatRequest,
): ControllerResult<BrokerHeartbeatResponse> {
  const { sessions, nowMs } = scope;
  const { brokerId, brokerEpoch } = broker;
  const { currentMetadataOffset } = request;
  sessions.touch(brokerId, brokerEpoch, currentMetadataOffset, nowMs);
  const isCaughtUp =
    currentMetadataOffset >= (scope.state.registrationOffsets.get(brokerId) ?? Infinity);
  const current = currentState(scope, broker);
  // Who is being taken out of its partitions comes back when that is done: then everything it may lead finds it. So does one
  // that began anew with a directory that its former process had lost.
  const isDeparting = [brokerId, ...broker.logDirs].some((what) => sessions.isDeparting(what));
  const mayServe = isCaughtUp && !isDeparting;
  const next = nextState(scope, broker, request, current, mayServe);
  const isFenced = next === 'fenced' || next === 'shutdownNow';
  const response = { ...NO_STATE, isCaughtUp, isFenced, shouldShutDown: next === 'shutdownNow' };
  const onAppended = (lastOffset: number): void => {
    if (isFenced) sessions.endControlledShutdown(brokerId);
    else if (next === 'controlledShutdown' && next !== current) {
      sessions.beginControlledShutdown(broker, lastOffset);
    }
  };
  return inSlices(scope, {
    steps: stepsOf(scope, broker, request, current, next),
    response: () => response,
    onAppended,
    departing: [...(isFenced ? [brokerId] : []), ...lostDirectories(scope, broker, request)],
  });
}

function* stepsOf(
  scope: DecisionScope,
  broker: BrokerRegistration,
  request: BrokerHeartbeatRequest,
  current: BrokerControlState,
  next: BrokerControlState,
): Steps {
  if (next !== current) yield* transitionSteps(scope, broker, next);
  yield* offlineDirectorySteps(scope, broker, request);
  yield (now) => cordoningRecords(now, broker, request);
}

function currentState(scope: DecisionScope, broker: BrokerRegistration): BrokerControlState {
  if (scope.sessions.controlledShutdownOffset(broker.brokerId) !== undefined) {
    return 'controlledShutdown';
  }
  return broker.fenced ? 'fenced' : 'unfenced';
}

function nextState(
  scope: DecisionScope,
  { brokerId }: BrokerRegistration,
  { wantFence, wantShutDown }: BrokerHeartbeatRequest,
  current: BrokerControlState,
  mayServe: boolean,
): BrokerControlState {
  switch (current) {
    case 'fenced':
      if (wantShutDown) return 'shutdownNow';
      return !wantFence && mayServe ? 'unfenced' : 'fenced';
    case 'unfenced':
      if (wantFence) return wantShutDown ? 'shutdownNow' : 'fenced';
      if (!wantShutDown) return 'unfenced';
      return hasLeaderships(scope, brokerId) ? 'controlledShutdown' : 'shutdownNow';
    case 'controlledShutdown':
      return mayStop(scope, brokerId) ? 'shutdownNow' : 'controlledShutdown';
    case 'shutdownNow':
      return 'shutdownNow';
  }
}

/** All leaderships are gone, and every active broker has read the record that moved the last one. */
function mayStop(scope: DecisionScope, brokerId: number): boolean {
  if (hasLeaderships(scope, brokerId)) return false;
  const offset = scope.sessions.controlledShutdownOffset(brokerId) ?? 0;
  return offset <= scope.sessions.lowestActiveOffset(scope.image.cluster.brokers.values());
}

function transitionSteps(
  scope: DecisionScope,
  broker: BrokerRegistration,
  next: BrokerControlState,
): Steps {
  switch (next) {
    case 'fenced':
    case 'shutdownNow':
      return fenceBroker(scope, broker);
    case 'unfenced':
      return unfenceBroker(scope, broker);
    case 'controlledShutdown':
      return beginControlledShutdown(scope, broker);
  }
}

function* offlineDirectorySteps(
  scope: DecisionScope,
  broker: BrokerRegistration,
  request: BrokerHeartbeatRequest,
): Steps {
  const { brokerId, brokerEpoch } = broker;
  const lost = lostDirectories(scope, broker, request);
  if (lost.length === 0) return;
  yield* loseDirectories(scope, brokerId, lost);
  yield (now) => {
    // Others of it may have gone offline meanwhile.
    const current = now.image.cluster.brokers.get(brokerId);
    if (current?.brokerEpoch !== brokerEpoch) return [];
    const logDirs = current.logDirs.filter((directory) => !lost.includes(directory));
    return [brokerChangeRecord({ brokerId, brokerEpoch, logDirs })];
  };
}

/** Log directories that are offline from now on. */
function lostDirectories(
  scope: DecisionScope,
  { logDirs }: BrokerRegistration,
  { offlineLogDirs }: BrokerHeartbeatRequest,
): readonly Uuid[] {
  if (offlineLogDirs.length === 0 || !gatesOf(scope).isDirectoryAssignmentSupported) return [];
  return logDirs.filter((directory) => offlineLogDirs.includes(directory));
}

function cordoningRecords(
  scope: DecisionScope,
  broker: BrokerRegistration,
  request: BrokerHeartbeatRequest,
): readonly MetadataRecord[] {
  const { brokerId, brokerEpoch } = broker;
  const { cordonedLogDirs } = request;
  // Null until the broker has caught up: then nothing is known, and nothing changes.
  if (cordonedLogDirs === null || !gatesOf(scope).isCordonedLogDirsSupported) return [];
  if (areSameSet(broker.cordonedLogDirs, cordonedLogDirs)) return [];
  if (!isRegistered(scope, broker)) return [];
  return [brokerChangeRecord({ brokerId, brokerEpoch, cordonedLogDirs: [...cordonedLogDirs] })];
}

function areSameSet(a: readonly string[] | null, b: readonly string[]): boolean {
  return a !== null && new Set(a).size === new Set(b).size && a.every((item) => b.includes(item));
}

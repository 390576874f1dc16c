// The registered nodes of the cluster. Kafka: org.apache.kafka.metadata.BrokerRegistration and
// ControllerRegistration, org.apache.kafka.image.ClusterImage.
import type { Uuid } from '@ottla/protocol';
import type { RegisterBrokerRecord } from '@ottla/protocol/messages/register-broker-record';
import type { RegisterControllerRecord } from '@ottla/protocol/messages/register-controller-record';
import { metadataGates } from '../feature-levels.ts';
import { metadataRecord, type MetadataRecord } from '../metadata-record.ts';
import type { PersistentMap } from '../persistent-map.ts';

/** Where one listener of a node is reached. */
export interface Endpoint {
  /** Listener name, unique within the node. */
  readonly name: string;
  readonly host: string;
  readonly port: number;
  /** 0 PLAINTEXT, 1 SSL, 2 SASL_PLAINTEXT, 3 SASL_SSL. */
  readonly securityProtocol: number;
}

/** Levels of one feature that a node can run at, both inclusive. */
export interface SupportedFeature {
  readonly name: string;
  readonly minSupportedVersion: number;
  readonly maxSupportedVersion: number;
}

/** A broker that has registered, fenced or not. */
export interface BrokerRegistration {
  readonly brokerId: number;
  /** Offset that the log was to give next when this incarnation registered; grows with every incarnation. */
  readonly brokerEpoch: number;
  /** Random for each start of the process. */
  readonly incarnationId: Uuid;
  readonly endPoints: readonly Endpoint[];
  /** Sorted by name. */
  readonly features: readonly SupportedFeature[];
  readonly rack: string | null;
  /** A fenced broker leads nothing, is in no ISR, and clients do not see it. */
  readonly fenced: boolean;
  readonly inControlledShutdown: boolean;
  readonly isMigratingZkBroker: boolean;
  /** Ids of its online log directories. */
  readonly logDirs: readonly Uuid[];
  /** Directories that get no new replicas (KIP-1066); null when it never said. */
  readonly cordonedLogDirs: readonly Uuid[] | null;
}

/** A controller that has registered. */
export interface ControllerRegistration {
  readonly controllerId: number;
  readonly incarnationId: Uuid;
  readonly zkMigrationReady: boolean;
  readonly endPoints: readonly Endpoint[];
  /** Sorted by name. */
  readonly features: readonly SupportedFeature[];
}

/** All registered nodes by id. */
export interface ClusterImage {
  readonly brokers: PersistentMap<number, BrokerRegistration>;
  readonly controllers: PersistentMap<number, ControllerRegistration>;
}

/** Whether `broker` may lead partitions and be in an ISR; false for undefined. */
export function isActiveBroker(broker: BrokerRegistration | undefined): boolean {
  return broker !== undefined && !broker.fenced && !broker.inControlledShutdown;
}

/**
 * What the machine of a broker is known by: the hosts of its listeners. Processes on one machine advertise the same, and
 * nothing besides the registration has to say so. (Behind one proxy all look alike; then nothing tells them apart.)
 */
export function machineOf({ endPoints }: BrokerRegistration): string {
  return [...new Set(endPoints.map(({ host }) => host))].toSorted().join(' ');
}

/** The registration that a RegisterBrokerRecord describes. */
export function brokerFromRecord(record: RegisterBrokerRecord): BrokerRegistration {
  return {
    brokerId: record.brokerId,
    brokerEpoch: record.brokerEpoch,
    incarnationId: record.incarnationId,
    endPoints: record.endPoints.map(endpointOf),
    features: sortedFeatures(record.features),
    rack: record.rack,
    fenced: record.fenced,
    inControlledShutdown: record.inControlledShutdown,
    isMigratingZkBroker: record.isMigratingZkBroker,
    logDirs: record.logDirs,
    cordonedLogDirs: record.cordonedLogDirs,
  };
}

/** The record from which `broker` can be made again, in the form that `metadataVersion` allows. */
export function brokerToRecord(
  broker: BrokerRegistration,
  metadataVersion: number,
): MetadataRecord {
  const gates = metadataGates(metadataVersion);
  return metadataRecord(
    'RegisterBrokerRecord',
    {
      brokerId: broker.brokerId,
      isMigratingZkBroker: broker.isMigratingZkBroker && gates.isMigrationSupported,
      incarnationId: broker.incarnationId,
      brokerEpoch: broker.brokerEpoch,
      endPoints: broker.endPoints.map(endpointOf),
      features: broker.features.map(featureOf),
      rack: broker.rack,
      fenced: broker.fenced,
      inControlledShutdown: broker.inControlledShutdown,
      logDirs: gates.isDirectoryAssignmentSupported ? [...broker.logDirs] : [],
      cordonedLogDirs:
        gates.isCordonedLogDirsSupported && broker.cordonedLogDirs !== null
          ? [...broker.cordonedLogDirs]
          : null,
    },
    metadataVersion,
  );
}

/** The registration that a RegisterControllerRecord describes. */
export function controllerFromRecord(record: RegisterControllerRecord): ControllerRegistration {
  return {
    controllerId: record.controllerId,
    incarnationId: record.incarnationId,
    zkMigrationReady: record.zkMigrationReady,
    endPoints: record.endPoints.map(endpointOf),
    features: sortedFeatures(record.features),
  };
}

/** The record from which `controller` can be made again. */
export function controllerToRecord(
  controller: ControllerRegistration,
  metadataVersion: number,
): MetadataRecord {
  return metadataRecord(
    'RegisterControllerRecord',
    {
      controllerId: controller.controllerId,
      incarnationId: controller.incarnationId,
      zkMigrationReady: controller.zkMigrationReady,
      endPoints: controller.endPoints.map(endpointOf),
      features: controller.features.map(featureOf),
    },
    metadataVersion,
  );
}

function endpointOf({ name, host, port, securityProtocol }: Endpoint): Endpoint {
  return { name, host, port, securityProtocol };
}

/** By name: records list them in any order. */
function sortedFeatures(features: readonly SupportedFeature[]): readonly SupportedFeature[] {
  return features.map(featureOf).toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

function featureOf(feature: SupportedFeature): SupportedFeature {
  const { name, minSupportedVersion, maxSupportedVersion } = feature;
  return { name, minSupportedVersion, maxSupportedVersion };
}

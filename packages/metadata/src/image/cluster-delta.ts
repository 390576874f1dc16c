// Changes of the registered nodes. Kafka: org.apache.kafka.image.ClusterDelta.
import type { BrokerRegistrationChangeRecord } from '@ottla/protocol/messages/broker-registration-change-record';
import type { RegisterBrokerRecord } from '@ottla/protocol/messages/register-broker-record';
import type { RegisterControllerRecord } from '@ottla/protocol/messages/register-controller-record';
import type { UnregisterBrokerRecord } from '@ottla/protocol/messages/unregister-broker-record';
import { inconsistent } from '../errors.ts';
import {
  brokerFromRecord,
  type BrokerRegistration,
  type ClusterImage,
  controllerFromRecord,
  type ControllerRegistration,
} from './cluster-image.ts';
import { MapDelta } from './map-delta.ts';

/** Changes on top of a ClusterImage. */
export class ClusterDelta {
  readonly brokers: MapDelta<number, BrokerRegistration>;
  readonly controllers: MapDelta<number, ControllerRegistration>;

  constructor(image: ClusterImage) {
    this.brokers = new MapDelta(image.brokers);
    this.controllers = new MapDelta(image.controllers);
  }

  /** Whether any node was touched. */
  get isChanged(): boolean {
    return this.brokers.size > 0 || this.controllers.size > 0;
  }

  registerBroker(record: RegisterBrokerRecord): void {
    this.brokers.set(record.brokerId, brokerFromRecord(record));
  }

  /** @throws MetadataError INCONSISTENT_METADATA when no such broker is registered with that epoch */
  unregisterBroker(record: UnregisterBrokerRecord): void {
    this.#registered(record.brokerId, record.brokerEpoch);
    this.brokers.delete(record.brokerId);
  }

  /** @throws MetadataError INCONSISTENT_METADATA when no such broker is registered with that epoch */
  setFenced(brokerId: number, brokerEpoch: number, fenced: boolean): void {
    this.brokers.set(brokerId, { ...this.#registered(brokerId, brokerEpoch), fenced });
  }

  /** @throws MetadataError INCONSISTENT_METADATA as `setFenced`, and for flags that have no meaning */
  changeBroker(record: BrokerRegistrationChangeRecord): void {
    const broker = this.#registered(record.brokerId, record.brokerEpoch);
    if (record.fenced < -1 || record.fenced > 1) {
      inconsistent(`fencing change ${record.fenced} of broker ${record.brokerId}`);
    }
    if (record.inControlledShutdown < 0 || record.inControlledShutdown > 1) {
      inconsistent(`shutdown change ${record.inControlledShutdown} of broker ${record.brokerId}`);
    }
    this.brokers.set(record.brokerId, {
      ...broker,
      // 1 fences, −1 unfences, 0 leaves it.
      fenced: record.fenced === 0 ? broker.fenced : record.fenced === 1,
      inControlledShutdown: broker.inControlledShutdown || record.inControlledShutdown === 1,
      logDirs: record.logDirs.length > 0 ? record.logDirs : broker.logDirs,
      cordonedLogDirs: record.cordonedLogDirs ?? broker.cordonedLogDirs,
    });
  }

  registerController(record: RegisterControllerRecord): void {
    this.controllers.set(record.controllerId, controllerFromRecord(record));
  }

  /** After all records of a snapshot: nodes that it did not mention are gone. */
  finishSnapshot(): void {
    this.brokers.keepTouchedOnly();
    this.controllers.keepTouchedOnly();
  }

  apply(): ClusterImage {
    return { brokers: this.brokers.apply(), controllers: this.controllers.apply() };
  }

  #registered(brokerId: number, brokerEpoch: number): BrokerRegistration {
    const broker = this.brokers.get(brokerId);
    if (broker === undefined)
      inconsistent(`a change of broker ${brokerId}, which is not registered`);
    if (broker.brokerEpoch !== brokerEpoch) {
      inconsistent(
        `a change of broker ${brokerId} at epoch ${brokerEpoch}; it is registered at ${broker.brokerEpoch}`,
      );
    }
    return broker;
  }
}

// The controller says in the metadata where it is reached and what it supports (KIP-919). Tools ask for it; nothing
// waits for it. Kafka: ControllerRegistrationManager.

import type { Logger, Platform } from '@ottla/platform';
import { ErrorCode, errorInfo } from '@ottla/protocol';
import {
  controllerRegistrationRequest,
  controllerRegistrationResponse,
} from '@ottla/protocol/messages/controller-registration';
import type { EndPoint } from '../config/listeners.ts';
import type { ControllerChannel } from './controller-channel.ts';
import { randomUuid } from './random-uuid.ts';
import { SUPPORTED_FEATURES } from './supported-features.ts';

export interface ControllerRegistrationOptions {
  readonly platform: Pick<Platform, 'random'>;
  readonly logger: Logger;
  readonly controller: Pick<ControllerChannel, 'send'>;
  readonly nodeId: number;
  readonly endPoints: readonly EndPoint[];
}

/** Number of the only security protocol that is served. */
const PLAINTEXT = 0;

/** Registers this process's controller. Resolves when that is done or has failed, which is logged. */
export async function registerController(options: ControllerRegistrationOptions): Promise<void> {
  const { controller, endPoints, logger, nodeId: controllerId, platform } = options;
  const body = {
    controllerId,
    incarnationId: randomUuid(platform.random),
    zkMigrationReady: false,
    listeners: endPoints.map(({ listenerName: name, host, port }) => ({
      name,
      host,
      port,
      securityProtocol: PLAINTEXT,
    })),
    features: SUPPORTED_FEATURES.map((feature) => ({ ...feature })),
  };
  try {
    const { errorCode } = await controller.send(
      controllerRegistrationRequest,
      controllerRegistrationResponse,
      body,
    );
    if (errorCode !== ErrorCode.NONE)
      logger.warn(`registration of the controller refused: ${errorInfo(errorCode).name}`);
  } catch (error) {
    logger.debug('the controller is not registered', { error });
  }
}

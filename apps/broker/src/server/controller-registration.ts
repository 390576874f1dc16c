// The controller says in the metadata where it is reached and what it supports (KIP-919). Tools ask for it; nothing
// waits for it, so it is tried until it works. Kafka: ControllerRegistrationManager.

import type { Logger, Platform } from '@ottla/platform';
import { ErrorCode, errorInfo } from '@ottla/protocol';
import {
  controllerRegistrationRequest,
  controllerRegistrationResponse,
} from '@ottla/protocol/messages/controller-registration';
import type { ControllerRegistrationRequest } from '@ottla/protocol/messages/controller-registration';
import type { EndPoint } from '../config/listeners.ts';
import type { ControllerChannel } from './controller-channel.ts';
import { randomUuid } from './random-uuid.ts';
import { SUPPORTED_FEATURES } from './supported-features.ts';

export interface ControllerRegistrationOptions {
  readonly platform: Pick<Platform, 'random' | 'timers'>;
  readonly logger: Logger;
  readonly controller: Pick<ControllerChannel, 'send'>;
  readonly nodeId: number;
  readonly endPoints: readonly EndPoint[];
  readonly signal: AbortSignal;
}

/** Pause before a registration that was refused or not answered. */
const RETRY_PAUSE_MS = 100;

/** Number of the only security protocol that is served. */
const PLAINTEXT = 0;

/** Registers this process's controller, trying until it works or the signal says that the process stops. */
export async function registerController(options: ControllerRegistrationOptions): Promise<void> {
  const { endPoints, nodeId: controllerId, platform, signal } = options;
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
  while (!signal.aborted && !(await isRegistered(options, body)))
    await platform.timers.sleep(RETRY_PAUSE_MS, signal).catch(() => {});
}

async function isRegistered(
  { controller, logger, signal }: ControllerRegistrationOptions,
  body: ControllerRegistrationRequest,
): Promise<boolean> {
  try {
    const { errorCode } = await controller.send(
      controllerRegistrationRequest,
      controllerRegistrationResponse,
      body,
    );
    if (errorCode === ErrorCode.NONE) return true;
    logger.warn(`registration of the controller refused: ${errorInfo(errorCode).name}`);
  } catch (error) {
    if (!signal.aborted) logger.debug('the controller is not registered', { error });
  }
  return false;
}

// The ways of one process to the active controller, which all follow the quorum's leader. A server may answer the requests
// of a connection one after the other (Apache Kafka does), so what must not wait for others has a connection of its own.

import type { Connection, Logger, Platform } from '@ottla/platform';
import { ConnectedChannel } from './controller-channel.ts';
import type { QuorumMember } from './quorum-member.ts';

export interface ControllerChannelsOptions {
  readonly platform: Pick<Platform, 'clock' | 'timers'>;
  readonly logger: Logger;
  readonly nodeId: number;
  readonly member: QuorumMember;
  /** A connection to the controller inside this process. */
  readonly connectHere: () => Connection;
}

/** A request with all its attempts, as in Kafka. */
const REQUEST_TIMEOUT_MS = 30_000;

/** Opened by purpose; closed together. */
export class ControllerChannels {
  readonly #options: ControllerChannelsOptions;
  readonly #channels: ConnectedChannel[] = [];
  readonly #stopWatching: () => void;

  constructor(options: ControllerChannelsOptions) {
    this.#options = options;
    this.#stopWatching = options.member.node.onChange(() => {
      for (const channel of this.#channels) channel.controllerChanged();
    });
  }

  /** @param purpose becomes part of the client id that the controller sees */
  open(purpose: string): ConnectedChannel {
    const { platform, logger, nodeId, member, connectHere } = this.#options;
    const channel = new ConnectedChannel({
      platform,
      logger,
      clientId: `ottla-${purpose}-${nodeId}`,
      activeController: () => member.activeController(connectHere),
      timeoutMs: REQUEST_TIMEOUT_MS,
    });
    this.#channels.push(channel);
    return channel;
  }

  /** Cuts them all. */
  close(): void {
    this.#stopWatching();
    for (const channel of this.#channels) channel.close();
  }
}

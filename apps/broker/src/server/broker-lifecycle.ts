// The broker as the cluster sees it: registers, says that it lives, is unfenced once it has caught up, and asks before it
// stops. A controller that knows this broker by another epoch is told of it anew. Kafka: BrokerLifecycleManager.
//
//   starting ─▶ registered ─▶ (caught up, logs open) ─▶ unfenced ─▶ controlled shutdown ─▶ stopped

import type { LogFields, Logger, Platform } from '@ottla/platform';
import { ErrorCode, errorInfo } from '@ottla/protocol';
import type { Uuid } from '@ottla/protocol';
import {
  brokerHeartbeatRequest,
  brokerHeartbeatResponse,
} from '@ottla/protocol/messages/broker-heartbeat';
import type { BrokerHeartbeatResponse } from '@ottla/protocol/messages/broker-heartbeat';
import {
  brokerRegistrationRequest,
  brokerRegistrationResponse,
} from '@ottla/protocol/messages/broker-registration';
import type { BrokerRegistrationRequest } from '@ottla/protocol/messages/broker-registration';
import { ApiError } from '../network/api-error.ts';
import type { ControllerChannel } from './controller-channel.ts';
import { RepeatedLines } from './repeated-lines.ts';
import { StartError } from './start-error.ts';

export interface BrokerLifecycleOptions {
  readonly platform: Pick<Platform, 'clock' | 'timers'>;
  readonly logger: Logger;
  readonly controller: Pick<ControllerChannel, 'send'>;
  readonly registration: () => BrokerRegistrationRequest;
  readonly heartbeatIntervalMs: number;
  /** How long a start looks for a controller that takes the registration. */
  readonly registrationTimeoutMs: number;
  /** After so much silence the controller counts this broker out. */
  readonly sessionTimeoutMs: number;
  /** How long one registration or heartbeat may take before it is tried again. */
  readonly requestTimeoutMs: number;
  /** Offset of the last metadata record that this broker has taken in (inclusive). */
  readonly metadataOffset: () => number;
  /** Ids of directories that failed. */
  readonly offlineLogDirs: () => readonly Uuid[];
  /** Whether so many controllers are gone that none of them can answer. */
  readonly isDeserted: () => Promise<boolean>;
}

/** Shortest pause before a registration that was refused or not answered. */
const REGISTRATION_PAUSE_MS = 50;
/** Longest such pause; the shortest one doubles up to it. */
const REGISTRATION_PAUSE_MS_MAX = 200;
/** So many times the time of a request, two sessions of a broker as they are set by default: nobody is missed later. */
const DOUBLE_AFTER_TIMEOUTS = 4;
/** Shortest pause between heartbeats while the broker waits to be unfenced or to stop. */
const HURRIED_INTERVAL_MS = 10;
/** Longest such pause; the shortest one doubles up to it. */
const HURRIED_INTERVAL_MS_MAX = 160;

/** How long a broker that stops hopes for controllers that are gone: some may only be starting again. */
const DESERTED_MS = 1_000;
const DESERTED_CHECK_MS = 250;

/** One incarnation of the broker: start it once, stop it once. */
export class BrokerLifecycle {
  readonly #options: BrokerLifecycleOptions;
  readonly #closing = new AbortController();
  #brokerEpoch = -1;
  #isReady = false;
  #wantsShutDown = false;
  readonly #failures: RepeatedLines;
  /** Error code of the last refusal that was logged; 0 for none. */
  #saidRefusal = 0;
  /** Since when another process has been registered under this node's id, on the monotonic clock; undefined when none is. */
  #doubleSinceMs: number | undefined;
  /** When the controller took a heartbeat last, on the monotonic clock. */
  #heardMs = -Infinity;
  #mayStop = false;
  #isFenced = true;
  #hurriedMs = HURRIED_INTERVAL_MS;
  #heartbeats: Promise<void> = Promise.resolve();
  #wake: (() => void) | undefined;
  readonly #unfenced = Promise.withResolvers<void>();
  /** It may stop, or need not wait any longer. */
  readonly #released = Promise.withResolvers<void>();
  #isReleased = false;

  constructor(options: BrokerLifecycleOptions) {
    this.#options = options;
    this.#failures = new RepeatedLines(options.platform.clock, options.logger);
  }

  /** Epoch of the registration; −1 before it. */
  get brokerEpoch(): number {
    return this.#brokerEpoch;
  }

  /** Whether the controller counts this broker out, as it said last. */
  get isFenced(): boolean {
    return this.#isFenced;
  }

  /**
   * Registers, trying until it works or `close`; heartbeats follow by themselves.
   *
   * @throws StartError when it did not work in time
   */
  async start(): Promise<void> {
    const { platform, registrationTimeoutMs, registration } = this.#options;
    const late = new AbortController();
    const timer = platform.timers.set(registrationTimeoutMs, () => late.abort());
    await this.#untilRegistered(late.signal);
    timer.cancel();
    if (this.#brokerEpoch < 0 && late.signal.aborted)
      throw new StartError(
        'NOT_READY',
        `no controller took the registration of broker ${registration().brokerId} within ${registrationTimeoutMs} ms ` +
          '(initial.broker.registration.timeout.ms): start the others of the quorum, or look at the log for why they refuse',
      );
    this.#heartbeats = this.#beat();
  }

  /** The logs are open: serve as soon as the controller agrees. Resolves when it has. */
  ready(): Promise<void> {
    this.#isReady = true;
    this.#hurry();
    return this.#unfenced.promise;
  }

  /** More metadata was taken in, for which an unfencing may have waited. */
  caughtUp(): void {
    if (this.#isReady && this.#isFenced && this.#brokerEpoch >= 0) this.#hurry();
  }

  /**
   * Asks the controller to move leaderships away, and waits until it lets the broker go; not long when all are told to stop, and
   * no controller is left that could, nor for longer than a session without an answer: then the leaderships are others'.
   *
   * @param timeoutMs after which the broker stops all the same
   * @returns whether the controller agreed
   */
  async controlledShutdown(timeoutMs: number): Promise<boolean> {
    if (this.#brokerEpoch < 0) return true;
    this.#wantsShutDown = true;
    this.#hurry();
    const timer = this.#options.platform.timers.set(timeoutMs, this.#released.resolve);
    void this.#watchSilence();
    void this.#watchDesertion();
    await this.#released.promise;
    this.#isReleased = true;
    timer.cancel();
    return this.#mayStop;
  }

  async #watchSilence(): Promise<void> {
    const { platform, sessionTimeoutMs } = this.#options;
    const startedMs = platform.clock.monotonicMs();
    for (;;) {
      const endMs = Math.max(startedMs, this.#heardMs) + sessionTimeoutMs;
      const leftMs = endMs - platform.clock.monotonicMs();
      if (leftMs <= 0 || this.#isReleased) break;
      await this.#pause(Math.min(leftMs, DESERTED_CHECK_MS));
    }
    this.#released.resolve();
  }

  async #watchDesertion(): Promise<void> {
    for (let desertedMs = 0; desertedMs < DESERTED_MS && !this.#isReleased;) {
      await this.#pause(DESERTED_CHECK_MS);
      if (this.#isReleased) return;
      desertedMs = (await this.#options.isDeserted()) ? desertedMs + DESERTED_CHECK_MS : 0;
    }
    this.#released.resolve();
  }

  /** Sends nothing any more; resolves when nothing is under way. */
  async close(): Promise<void> {
    this.#closing.abort();
    this.#released.resolve();
    this.#wake?.();
    await this.#heartbeats;
  }

  async #untilRegistered(late?: AbortSignal): Promise<void> {
    const { signal: closing } = this.#closing;
    let pauseMs = REGISTRATION_PAUSE_MS;
    while (!closing.aborted && late?.aborted !== true && !(await this.#register())) {
      await this.#pause(pauseMs);
      pauseMs = Math.min(2 * pauseMs, REGISTRATION_PAUSE_MS_MAX);
    }
  }

  async #register(): Promise<boolean> {
    const { controller, registration, requestTimeoutMs: timeoutMs } = this.#options;
    try {
      const body = registration();
      const answer = await controller.send(
        brokerRegistrationRequest,
        brokerRegistrationResponse,
        body,
        { timeoutMs },
      );
      if (answer.errorCode === ErrorCode.NONE) {
        this.#brokerEpoch = answer.brokerEpoch;
        this.#doubleSinceMs = undefined;
        this.#failures.forget();
        return true;
      }
      this.#sayRefusal(answer.errorCode);
    } catch (error) {
      if (!this.#closing.signal.aborted)
        this.#failures.warn('registration failed', reasonOf(error));
    }
    return false;
  }

  /** Once for each reason: it is asked many times a second. */
  #sayRefusal(errorCode: number): void {
    if (errorCode === ErrorCode.DUPLICATE_BROKER_REGISTRATION) this.#sayDouble();
    if (this.#saidRefusal === errorCode) return;
    this.#saidRefusal = errorCode;
    const { logger } = this.#options;
    const { name, description } = errorInfo(errorCode);
    if (errorCode === ErrorCode.DUPLICATE_BROKER_REGISTRATION)
      logger.info('waiting until the controller misses the process that had this node id before');
    else logger.warn(`registration refused: ${name}: ${description}`);
  }

  /** The process before this one was missed long ago; who is not missed lives. */
  #sayDouble(): void {
    const { platform, registration, requestTimeoutMs } = this.#options;
    const nowMs = platform.clock.monotonicMs();
    this.#doubleSinceMs ??= nowMs;
    if (nowMs - this.#doubleSinceMs < DOUBLE_AFTER_TIMEOUTS * requestTimeoutMs) return;
    const { brokerId } = registration();
    this.#failures.warn(
      `another process lives as node ${brokerId}: stop it, or give this one a node.id of its own`,
    );
  }

  async #beat(): Promise<void> {
    const { heartbeatIntervalMs } = this.#options;
    while (!this.#closing.signal.aborted && !this.#mayStop) {
      try {
        await this.#take(await this.#heartbeat());
      } catch (error) {
        if (!this.#closing.signal.aborted) this.#failures.warn('heartbeat failed', reasonOf(error));
      }
      const isHurried = (this.#isReady && this.#isFenced) || this.#wantsShutDown;
      const pauseMs = isHurried ? this.#hurriedMs : heartbeatIntervalMs;
      this.#hurriedMs = Math.min(2 * this.#hurriedMs, HURRIED_INTERVAL_MS_MAX);
      await this.#pauseOrWake(pauseMs);
    }
  }

  /** There is something to tell, or to hear: now, soon again, then less often. */
  #hurry(): void {
    this.#hurriedMs = HURRIED_INTERVAL_MS;
    this.#wake?.();
  }

  #heartbeat(): Promise<BrokerHeartbeatResponse> {
    const { controller, metadataOffset, offlineLogDirs, requestTimeoutMs } = this.#options;
    const body = {
      brokerId: this.#options.registration().brokerId,
      brokerEpoch: this.#brokerEpoch,
      currentMetadataOffset: metadataOffset(),
      wantFence: !this.#isReady,
      wantShutDown: this.#wantsShutDown,
      offlineLogDirs: [...offlineLogDirs()],
      cordonedLogDirs: null,
    };
    return controller.send(brokerHeartbeatRequest, brokerHeartbeatResponse, body, {
      timeoutMs: requestTimeoutMs,
    });
  }

  async #take(answer: BrokerHeartbeatResponse): Promise<void> {
    if (answer.errorCode !== ErrorCode.NONE) {
      this.#failures.warn(`heartbeat refused: ${errorInfo(answer.errorCode).name}`);
      this.#isFenced = true;
      if (answer.errorCode === ErrorCode.STALE_BROKER_EPOCH) await this.#untilRegistered();
      return;
    }
    this.#failures.forget();
    this.#heardMs = this.#options.platform.clock.monotonicMs();
    if (answer.isFenced && !this.#isFenced && !this.#wantsShutDown)
      this.#options.logger.warn('the controller has fenced this broker');
    this.#isFenced = answer.isFenced;
    if (!answer.isFenced) this.#unfenced.resolve();
    if (answer.shouldShutDown && this.#wantsShutDown) {
      this.#mayStop = true;
      this.#released.resolve();
    }
  }

  async #pause(delayMs: number): Promise<void> {
    await this.#options.platform.timers.sleep(delayMs, this.#closing.signal).catch(() => {});
  }

  /** Ends early when there is something to tell. */
  async #pauseOrWake(delayMs: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = this.#options.platform.timers.set(delayMs, resolve);
      this.#wake = () => {
        timer.cancel();
        resolve();
      };
    });
    this.#wake = undefined;
  }
}

/** That no controller answers is nothing to look for in this program. */
function reasonOf(error: unknown): LogFields {
  return error instanceof ApiError ? { reason: error.message } : { error };
}

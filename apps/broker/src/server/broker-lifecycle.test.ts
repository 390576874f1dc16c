// The broker's registration and heartbeats against a controller that says what the test wants.
import { ErrorCode, type MessageCodec } from '@ottla/protocol';
import {
  brokerHeartbeatResponse,
  type BrokerHeartbeatRequest,
  type BrokerHeartbeatResponse,
} from '@ottla/protocol/messages/broker-heartbeat';
import {
  brokerRegistrationRequest,
  brokerRegistrationResponse,
} from '@ottla/protocol/messages/broker-registration';
import { silentLogger } from '@ottla/platform';
import { afterEach, describe, expect, it } from 'vitest';
import { VirtualTime } from '../../test/virtual-time.ts';
import { ApiError } from '../network/api-error.ts';
import { BrokerLifecycle } from './broker-lifecycle.ts';

/** Registers with the next epoch each time, and answers heartbeats as the test says. */
class ScriptedController {
  epoch = 0;
  readonly registeredEpochs: number[] = [];
  /** Times it was asked. */
  registrations = 0;
  readonly heartbeats: BrokerHeartbeatRequest[] = [];
  answer: Partial<BrokerHeartbeatResponse> = { isFenced: false };
  /** Nobody listens any more where it and its like were. */
  isGone = false;
  /** It cannot be reached, which may be the way's fault. */
  isSilent = false;
  /** Answer to registrations in place of an epoch. */
  registrationError: number = ErrorCode.NONE;

  async send<Request, Response>(
    request: MessageCodec<Request>,
    _response: MessageCodec<Response>,
    body: Request,
  ): Promise<Response> {
    await Promise.resolve();
    if (this.isSilent) throw new ApiError(ErrorCode.REQUEST_TIMED_OUT);
    if ((request as unknown) === brokerRegistrationRequest) {
      this.registrations += 1;
      if (this.registrationError !== ErrorCode.NONE)
        return brokerRegistrationResponse.create({
          errorCode: this.registrationError,
        }) as Response;
      this.epoch += 10;
      this.registeredEpochs.push(this.epoch);
      return brokerRegistrationResponse.create({ brokerEpoch: this.epoch }) as Response;
    }
    const heartbeat = body as BrokerHeartbeatRequest;
    this.heartbeats.push(heartbeat);
    const isStale = heartbeat.brokerEpoch !== this.epoch;
    return brokerHeartbeatResponse.create(
      isStale ? { errorCode: ErrorCode.STALE_BROKER_EPOCH } : this.answer,
    ) as Response;
  }
}

const INTERVAL_MS = 500;
const SESSION_MS = 2000;
let lifecycle: BrokerLifecycle | undefined;
afterEach(() => void lifecycle?.close());

interface World {
  readonly controller: ScriptedController;
  readonly broker: BrokerLifecycle;
  /** Warnings, as they came. */
  readonly warnings: string[];
  readonly pass: (ms: number) => Promise<void>;
}

async function registered(): Promise<World> {
  const world = unregistered();
  await world.broker.start();
  return world;
}

function unregistered(): World {
  const time = new VirtualTime();
  const controller = new ScriptedController();
  const warnings: string[] = [];
  const broker = new BrokerLifecycle({
    platform: { clock: time, timers: time },
    logger: { ...silentLogger, warn: (message) => void warnings.push(message) },
    controller,
    registration: () => brokerRegistrationRequest.create({ brokerId: 1 }),
    heartbeatIntervalMs: INTERVAL_MS,
    registrationTimeoutMs: 60_000,
    requestTimeoutMs: SESSION_MS / 2,
    sessionTimeoutMs: SESSION_MS,
    metadataOffset: () => 100,
    offlineLogDirs: () => [],
    isDeserted: () => Promise.resolve(controller.isGone),
  });
  lifecycle = broker;
  return { controller, broker, warnings, pass: (ms) => time.pass(ms) };
}

describe('the life of a broker', () => {
  it('given a controller that knows another epoch, then it registers again and goes on with the new one', async () => {
    const { controller, broker, pass } = await registered();
    void broker.ready();
    await pass(INTERVAL_MS);
    controller.epoch = 77;
    await pass(2 * INTERVAL_MS);
    expect(controller.registeredEpochs).toEqual([10, 87]);
    expect(broker.brokerEpoch).toBe(87);
    expect(controller.heartbeats.at(-1)).toMatchObject({ brokerEpoch: 87, wantFence: false });
    expect(broker.isFenced).toBe(false);
  });

  it('given a controller that has taken its registration away, then it does not come back by itself', async () => {
    const { controller, broker, pass } = await registered();
    void broker.ready();
    await pass(INTERVAL_MS);
    controller.answer = { errorCode: ErrorCode.BROKER_ID_NOT_REGISTERED };
    await pass(4 * INTERVAL_MS);
    expect(controller.registeredEpochs).toEqual([10]);
    expect(broker.isFenced).toBe(true);
  });

  it('given another process that lives as the same node, then it says so when a dead one would be missed, and twice a minute', async () => {
    const { controller, broker, warnings, pass } = unregistered();
    controller.registrationError = ErrorCode.DUPLICATE_BROKER_REGISTRATION;
    const started = broker.start();
    await pass(3000);
    expect(warnings).toEqual([]);
    await pass(2000);
    const line = 'another process lives as node 1: stop it, or give this one a node.id of its own';
    expect(warnings).toEqual([line]);
    await pass(30_000);
    expect(warnings).toEqual([line, line]);
    controller.registrationError = ErrorCode.NONE;
    await pass(1000);
    await started;
  });

  it('given no controller that takes its registration, then it gives up after the time for that, and says what to do', async () => {
    const { controller, broker, pass } = unregistered();
    controller.registrationError = ErrorCode.DUPLICATE_BROKER_REGISTRATION;
    let failure: unknown;
    void broker.start().catch((error: unknown) => (failure = error));
    await pass(59_000);
    expect(failure).toBeUndefined();
    await pass(2000);
    expect(failure).toMatchObject({
      code: 'NOT_READY',
      message: expect.stringMatching(
        /broker 1 within 60000 ms \(initial.broker.registration.timeout.ms\)/,
      ),
    });
    const { registrations } = controller;
    await pass(10_000);
    expect(controller.registrations).toBe(registrations);
  });

  it('given a refusal of every heartbeat, then it says so once in a while, and anew after one was taken', async () => {
    const { controller, broker, warnings, pass } = await registered();
    void broker.ready();
    controller.answer = { errorCode: ErrorCode.BROKER_ID_NOT_REGISTERED };
    await pass(10_000);
    expect(warnings).toHaveLength(1);
    controller.answer = { isFenced: false };
    await pass(1000);
    controller.answer = { errorCode: ErrorCode.BROKER_ID_NOT_REGISTERED };
    await pass(1000);
    expect(warnings).toHaveLength(2);
  });

  it('given that it stays fenced, then it asks often, but not without end', async () => {
    const { controller, broker, pass } = await registered();
    controller.answer = { isFenced: true };
    void broker.ready();
    await pass(1000);
    expect(controller.heartbeats.length).toBeGreaterThan(5);
    expect(controller.heartbeats.length).toBeLessThan(15);
  });

  it('given that it was fenced for its silence, then the next heartbeats bring it back', async () => {
    const { controller, broker, pass } = await registered();
    void broker.ready();
    await pass(INTERVAL_MS);
    controller.answer = { isFenced: true };
    await pass(INTERVAL_MS);
    expect(broker.isFenced).toBe(true);
    controller.answer = { isFenced: false };
    await pass(INTERVAL_MS);
    expect(broker.isFenced).toBe(false);
    expect(controller.registeredEpochs).toEqual([10]);
  });

  it('given leaderships to move, then it stops once the controller lets it', async () => {
    const { controller, broker, pass } = await registered();
    void broker.ready();
    await pass(INTERVAL_MS);
    let hasLeave: boolean | undefined;
    void broker.controlledShutdown(5000).then((answer) => (hasLeave = answer));
    await pass(100);
    expect(controller.heartbeats.at(-1)).toMatchObject({ wantShutDown: true });
    expect(hasLeave).toBeUndefined();
    controller.answer = { shouldShutDown: true };
    await pass(200);
    expect(hasLeave).toBe(true);
    const count = controller.heartbeats.length;
    await pass(2 * INTERVAL_MS);
    expect(controller.heartbeats).toHaveLength(count);
  });

  it('given that the controllers are gone as well, then it waits a second for their return, and no longer', async () => {
    const { controller, broker, pass } = await registered();
    let hasLeave: boolean | undefined;
    void broker.controlledShutdown(5000).then((answer) => (hasLeave = answer));
    controller.isGone = true;
    await pass(800);
    controller.isGone = false;
    await pass(300);
    controller.isGone = true;
    await pass(800);
    expect(hasLeave).toBeUndefined();
    await pass(400);
    expect(hasLeave).toBe(false);
  });

  it('given a controller that answers, when moving the leaderships takes minutes, then it waits for its leave', async () => {
    const { controller, broker, pass } = await registered();
    let hasLeave: boolean | undefined;
    void broker.controlledShutdown(300_000).then((answer) => (hasLeave = answer));
    await pass(200_000);
    expect(hasLeave).toBeUndefined();
    controller.answer = { shouldShutDown: true };
    await pass(1000);
    expect(hasLeave).toBe(true);
  });

  it.each([
    ['does not answer', (controller: ScriptedController) => (controller.isSilent = true)],
    [
      'refuses every heartbeat',
      (controller: ScriptedController) =>
        (controller.answer = { errorCode: ErrorCode.BROKER_ID_NOT_REGISTERED }),
    ],
  ])(
    'given a controller that %s, when a session is over, then it stops: by then others lead in any case',
    async (_what, fail) => {
      const { controller, broker, pass } = await registered();
      let hasLeave: boolean | undefined;
      void broker.controlledShutdown(300_000).then((answer) => (hasLeave = answer));
      await pass(10_000);
      fail(controller);
      await pass(SESSION_MS - 300);
      expect(hasLeave).toBeUndefined();
      await pass(1000);
      expect(hasLeave).toBe(false);
    },
  );

  it('given that nobody lets it go, then it stops in its time, and at once when it is closed', async () => {
    for (const end of ['time', 'close'] as const) {
      const { broker, pass } = await registered();
      let hasLeave: boolean | undefined;
      void broker.controlledShutdown(5000).then((answer) => (hasLeave = answer));
      await pass(4900);
      expect(hasLeave).toBeUndefined();
      if (end === 'close') void broker.close();
      await pass(end === 'close' ? 1 : 100);
      expect(hasLeave).toBe(false);
    }
  });
});

// The way to the active controller when it moves, is not known, or says that it is not active.
import { silentLogger } from '@ottla/platform';
import { ApiKey, ErrorCode } from '@ottla/protocol';
import {
  brokerHeartbeatRequest,
  brokerHeartbeatResponse,
} from '@ottla/protocol/messages/broker-heartbeat';
import { describe, expect, it } from 'vitest';
import { type ReceivedRequest, ScriptedServer } from '../../test/scripted-server.ts';
import { VirtualTime } from '../../test/virtual-time.ts';
import { ConnectedChannel } from './controller-channel.ts';

const SERVED = { [ApiKey.BrokerHeartbeat]: 2 };

function setUp() {
  const time = new VirtualTime();
  const controllers = [new ScriptedServer(SERVED), new ScriptedServer(SERVED)] as const;
  let active: 0 | 1 | undefined = 0;
  const channel = new ConnectedChannel({
    platform: { clock: time, timers: time },
    logger: silentLogger,
    clientId: 'test',
    activeController: () =>
      active === undefined ? undefined : { key: `${active}`, connect: controllers[active].connect },
    timeoutMs: 1_000,
  });
  const beat = () =>
    channel.send(brokerHeartbeatRequest, brokerHeartbeatResponse, brokerHeartbeatRequest.create());
  return {
    time,
    controllers,
    channel,
    beat,
    moveTo: (index: 0 | 1 | undefined) => {
      active = index;
      channel.controllerChanged();
    },
  };
}

function says(errorCode: number): (request: ReceivedRequest) => void {
  return ({ answer }) =>
    answer(brokerHeartbeatResponse, brokerHeartbeatResponse.create({ errorCode }));
}

describe('the way to the active controller', () => {
  it('given that another node becomes active, then whoever waits for the old one asks the new one', async () => {
    const { time, controllers, beat, moveTo } = setUp();
    controllers[1].onRequest = says(ErrorCode.NONE);
    const answer = beat();
    await time.pass(50);
    expect(controllers[0].requests).toHaveLength(1);
    moveTo(1);
    await time.pass(100);
    await expect(answer).resolves.toMatchObject({ errorCode: ErrorCode.NONE });
    expect(controllers[0].openConnections).toBe(0);
  });

  it('given that the node is not active after all, then it is asked again until another is', async () => {
    const { time, controllers, beat, moveTo } = setUp();
    controllers[0].onRequest = says(ErrorCode.NOT_CONTROLLER);
    controllers[1].onRequest = says(ErrorCode.NONE);
    const answer = beat();
    await time.pass(200);
    expect(controllers[0].requests.length).toBeGreaterThan(1);
    expect(controllers[0].requests.length).toBeLessThan(20);
    moveTo(1);
    await time.pass(100);
    await expect(answer).resolves.toMatchObject({ errorCode: ErrorCode.NONE });
  });

  it('given that the node is not active for long, then it is asked less and less often, and its successor at once', async () => {
    const { time, controllers, beat, moveTo } = setUp();
    controllers[0].onRequest = says(ErrorCode.NOT_CONTROLLER);
    controllers[1].onRequest = says(ErrorCode.NONE);
    const answer = beat();
    await time.pass(900);
    expect(controllers[0].requests.length).toBeLessThan(10);
    moveTo(1);
    await time.pass(10);
    await expect(answer).resolves.toMatchObject({ errorCode: ErrorCode.NONE });
  });

  it('given that nobody is active, then the request waits, and is given up in time', async () => {
    const { time, controllers, beat, moveTo } = setUp();
    moveTo(undefined);
    const outcome = expect(beat()).rejects.toMatchObject({ code: ErrorCode.REQUEST_TIMED_OUT });
    await time.pass(1_100);
    await outcome;
    expect(controllers[0].connections + controllers[1].connections).toBe(0);
  });

  it('given that nobody is known for a moment, then a request under way is left to its controller', async () => {
    const { time, controllers, beat, moveTo } = setUp();
    const answer = beat();
    await time.pass(50);
    moveTo(undefined);
    controllers[0].requests.forEach(says(ErrorCode.NONE));
    await time.pass(50);
    await expect(answer).resolves.toMatchObject({ errorCode: ErrorCode.NONE });
  });

  it('given an error that is an answer, then it is not asked again', async () => {
    const { time, controllers, beat } = setUp();
    controllers[0].onRequest = says(ErrorCode.STALE_BROKER_EPOCH);
    const answer = beat();
    await time.pass(50);
    await expect(answer).resolves.toMatchObject({ errorCode: ErrorCode.STALE_BROKER_EPOCH });
    expect(controllers[0].requests).toHaveLength(1);
  });

  it('given that it is closed, then nobody waits any more', async () => {
    const { time, channel, beat } = setUp();
    const outcome = expect(beat()).rejects.toMatchObject({ code: ErrorCode.REQUEST_TIMED_OUT });
    await time.pass(20);
    channel.close();
    await time.pass(20);
    await outcome;
  });
});

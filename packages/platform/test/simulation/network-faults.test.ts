import type { Connection, Platform } from '@ottla/platform';
import { createSimulation, type Simulation } from '@ottla/platform/simulated';
import { describe, expect, it } from 'vitest';
import { codeOf } from '../conformance/disk.ts';

/** What one end has heard so far. */
class Ear {
  text = '';
  chunkCount = 0;
  closed: { readonly code: unknown } | undefined;

  listen(connection: Connection): this {
    connection.start({
      onData: (chunk) => {
        this.text += chunk.toString('latin1');
        this.chunkCount++;
      },
      onClose: (error) => {
        this.closed = { code: (error as { code?: unknown } | undefined)?.code };
      },
    });
    return this;
  }
}

async function connect(simulation: Simulation): Promise<{ near: Connection; far: Connection }> {
  const accepted: Connection[] = [];
  await simulation.settle(listen(simulation.node('server').platform, accepted));
  const near = await simulation.settle(
    simulation.node('client').platform.net.connect({ host: 'server', port: 9092 }),
  );
  const far = accepted[0];
  if (far === undefined) throw new Error('the server has accepted nobody');
  return { near, far };
}

function listen({ net }: Platform, accepted: Connection[]): Promise<unknown> {
  return net.listen({ host: '0.0.0.0', port: 9092 }, (connection) => accepted.push(connection));
}

describe('SimulatedNetwork', () => {
  it('given loss and delay, when much is sent, then all arrives in order, cut where TCP likes', async () => {
    const simulation = createSimulation({
      seed: 1,
      network: { lossProbability: 0.2, latencyMs: { min: 1, max: 50 }, segmentBytes: 1000 },
    });
    const { near, far } = await connect(simulation);
    const ear = new Ear().listen(far);
    const text = Array.from({ length: 5000 }, (_, index) => `${index},`).join('');

    near.write([Buffer.from(text)]);
    await simulation.runUntil(() => ear.text.length >= text.length);

    expect(ear.text).toBe(text);
    expect(ear.chunkCount).toBeGreaterThan(24);
  });

  it('given a partition, when something is sent, then it waits and comes after the healing', async () => {
    const simulation = createSimulation({ seed: 2 });
    const { near, far } = await connect(simulation);
    const ear = new Ear().listen(far);
    simulation.net.partition(['client'], ['server']);
    near.write([Buffer.from('patience')]);
    await simulation.run(5_000);
    expect(ear.text).toBe('');

    simulation.net.heal();
    await simulation.run(10);

    expect(ear.text).toBe('patience');
  });

  it('given one direction blocked, when both send, then one hears and the other does not', async () => {
    const simulation = createSimulation({ seed: 3 });
    const { near, far } = await connect(simulation);
    const ears = [new Ear().listen(near), new Ear().listen(far)];
    simulation.net.block('client', 'server');
    near.write([Buffer.from('lost for now')]);
    far.write([Buffer.from('heard')]);

    await simulation.run(1_000);

    expect(ears.map((ear) => ear.text)).toEqual(['heard', '']);
  });

  it('given a partition without end, when the sender has waited enough, then its connection times out', async () => {
    const simulation = createSimulation({ seed: 4, network: { blockedMsMax: 3_000 } });
    const { near } = await connect(simulation);
    const ear = new Ear().listen(near);
    simulation.net.partition(['client'], ['server']);
    near.write([Buffer.from('hello?')]);

    await simulation.runUntil(() => ear.closed !== undefined, 4_000);

    expect(ear.closed?.code).toBe('ETIMEDOUT');
  });

  it('given a partition, when connecting, then ETIMEDOUT at the limit; healed in time it succeeds', async () => {
    const simulation = createSimulation({ seed: 5 });
    await connect(simulation);
    const { net } = simulation.node('client').platform;
    const to = { host: 'server', port: 9092, timeoutMs: 5_000 };
    simulation.net.partition(['client'], ['server']);
    expect(await simulation.settle(codeOf(net.connect(to)))).toBe('ETIMEDOUT');

    simulation.at(1_500, () => simulation.net.heal());

    expect((await simulation.settle(net.connect(to))).remotePort).toBe(9092);
  });

  it('given a cut after n bytes, when more is sent, then exactly n arrive and both ends are reset', async () => {
    for (const bytes of [0, 1, 5, 10]) {
      const simulation = createSimulation({ seed: 6 });
      const { near, far } = await connect(simulation);
      const ears = [new Ear().listen(near), new Ear().listen(far)];
      simulation.net.cutAfter({ from: 'client' }, bytes);
      near.write([Buffer.from('0123456789abcdef')]);

      await simulation.runUntil(() => ears.every((ear) => ear.closed !== undefined));

      expect(ears[1]?.text).toBe('0123456789abcdef'.slice(0, bytes));
      expect(ears.map((ear) => ear.closed?.code)).toEqual(['ECONNRESET', 'ECONNRESET']);
      expect(simulation.net.connectionCount).toBe(0);
    }
  });

  it('given a refusal, a port nobody listens on, a listener on loopback or an unknown host, when connecting, then refused', async () => {
    const simulation = createSimulation({ seed: 7 });
    await connect(simulation);
    const server = simulation.node('server').platform;
    await simulation.settle(server.net.listen({ host: '127.0.0.1', port: 9093 }, () => undefined));
    const { net } = simulation.node('client').platform;
    const attempt = (host: string, port: number) =>
      simulation.settle(codeOf(net.connect({ host, port })));

    expect(await attempt('server', 1)).toBe('ECONNREFUSED');
    expect(await attempt('server', 9093)).toBe('ECONNREFUSED');
    expect(await attempt('nowhere', 9092)).toBe('ENOTFOUND');
    const accept = simulation.net.refuse('server');
    expect(await attempt('server', 9092)).toBe('ECONNREFUSED');
    accept();
    expect(await attempt('server', 9092)).toBeUndefined();
  });

  it('given a node that crashes, when its peer is told, then its connection is reset; a silent one only when it sends after the restart', async () => {
    for (const peers of ['reset', 'silent'] as const) {
      const simulation = createSimulation({ seed: 8 });
      const { near } = await connect(simulation);
      const ear = new Ear().listen(near);
      const server = simulation.node('server');

      server.crash({ peers });
      await simulation.run(100);
      expect(ear.closed?.code).toBe(peers === 'reset' ? 'ECONNRESET' : undefined);

      server.restart();
      near.write([Buffer.from('are you there?')]);
      await simulation.run(100);
      expect(ear.closed?.code).toBe('ECONNRESET');
      const { net } = simulation.node('client').platform;
      expect(await simulation.settle(codeOf(net.connect({ host: 'server', port: 9092 })))).toBe(
        'ECONNREFUSED',
      );
    }
  });

  it('given a chunk that is kept without copying, when looked at later, then it is overwritten', async () => {
    const simulation = createSimulation({ seed: 9 });
    const { near, far } = await connect(simulation);
    let kept: Uint8Array = Buffer.alloc(0);
    far.start({ onData: (chunk) => (kept = chunk), onClose: () => undefined });
    near.write([Buffer.from('secret')]);
    await simulation.run(10);

    expect(kept.length).toBeGreaterThan(0);
    expect(kept.every((byte) => byte === 0xdd)).toBe(true);
  });

  it('given resets by chance, when sending for long, then one comes', async () => {
    const simulation = createSimulation({ seed: 10, network: { resetProbability: 0.1 } });
    const { near, far } = await connect(simulation);
    const ears = [new Ear().listen(near), new Ear().listen(far)];
    for (let count = 0; count < 200 && ears[0]?.closed === undefined; count++) {
      near.write([Buffer.from('x')]);
      await simulation.run(1);
    }

    expect(ears.map((ear) => ear.closed?.code)).toEqual(['ECONNRESET', 'ECONNRESET']);
  });
});

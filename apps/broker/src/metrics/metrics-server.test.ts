import { request } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { VirtualTime } from '../../test/virtual-time.ts';
import { DelayedOperation } from '../purgatory/delayed-operation.ts';
import { Purgatory } from '../purgatory/purgatory.ts';
import { TimerWheel } from '../purgatory/timer-wheel.ts';
import { registerPurgatoryMetrics } from './bounds.ts';
import { BrokerMetrics } from './broker-metrics.ts';
import { LoopDelay } from './loop-delay.ts';
import { MetricsServer } from './metrics-server.ts';

const servers: MetricsServer[] = [];

afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

async function serve(
  options: { notReady?: string; metrics?: () => Promise<string> } = {},
): Promise<number> {
  const server = new MetricsServer({
    listener: '127.0.0.1:0',
    metrics: options.metrics ?? (() => Promise.resolve('ottla_x 1\n')),
    notReady: () => options.notReady,
  });
  servers.push(server);
  return (await server.start()).port;
}

interface Answer {
  readonly status: number | undefined;
  readonly body: string;
}

function ask(
  port: number,
  path: string,
  options: { method?: string; host?: string } = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const headers = options.host === undefined ? {} : { host: options.host };
    const sent = request({
      host: '127.0.0.1',
      port,
      path,
      method: options.method ?? 'GET',
      headers,
      agent: false,
    });
    sent.on('response', (response) => {
      let body = '';
      response.on('data', (chunk: Buffer) => (body += chunk.toString()));
      response.on('end', () => resolve({ status: response.statusCode, body }));
    });
    sent.on('error', reject).end();
  });
}

describe('MetricsServer', () => {
  it('serves the metrics, and whether the process lives and is ready', async () => {
    const port = await serve();
    expect(await ask(port, '/metrics')).toEqual({ status: 200, body: 'ottla_x 1\n' });
    expect(await ask(port, '/healthz')).toEqual({ status: 200, body: 'ok\n' });
    expect(await ask(port, '/readyz')).toEqual({ status: 200, body: 'ready\n' });
    expect((await ask(port, '/else')).status).toBe(404);
  });

  it('says what is missing while it is not ready', async () => {
    const port = await serve({ notReady: 'the metadata log is not loaded' });
    expect(await ask(port, '/readyz')).toEqual({
      status: 503,
      body: 'the metadata log is not loaded\n',
    });
  });

  it('takes GET only', async () => {
    expect((await ask(await serve(), '/metrics', { method: 'POST' })).status).toBe(405);
  });

  it.each(['evil.example', 'evil.example:9100', 'localhost.evil.example'])(
    'given the foreign host %s, tells nothing',
    async (host) => {
      expect(await ask(await serve(), '/metrics', { host })).toEqual({
        status: 421,
        body: 'unknown host\n',
      });
    },
  );

  it('given metrics that fail, tells no detail', async () => {
    const port = await serve({ metrics: () => Promise.reject(new Error('secret')) });
    expect(await ask(port, '/metrics')).toEqual({
      status: 500,
      body: 'the metrics could not be read\n',
    });
  });

  it('given a port in use, fails with its code', async () => {
    const port = await serve();
    const second = new MetricsServer({
      listener: `127.0.0.1:${port}`,
      metrics: () => Promise.resolve(''),
      notReady: () => undefined,
    });
    await expect(second.start()).rejects.toMatchObject({ code: 'EADDRINUSE' });
  });
});

class Forever extends DelayedOperation {
  readonly kind = 'Produce' as const;
  tryComplete(): boolean {
    return false;
  }
  protected onComplete(): void {}
}

describe('BrokerMetrics', () => {
  it('shows what waits in the purgatory', async () => {
    const time = new VirtualTime();
    const wheel = new TimerWheel({ clock: time, timers: time });
    const purgatory = new Purgatory({ wheel, operationsMax: 1, onError: () => {} });
    const metrics = new BrokerMetrics();
    registerPurgatoryMetrics(metrics, purgatory, wheel);
    purgatory.tryCompleteElseWatch(new Forever(), 100, ['a']);
    purgatory.tryCompleteElseWatch(new Forever(), 100, ['a']);
    const text = await metrics.text();
    expect(text).toContain('ottla_purgatory_operations{kind="Produce"} 1');
    expect(text).toContain('ottla_purgatory_rejected_total 1');
    expect(text).toContain('ottla_timer_wheel_timers 1');
    wheel.close();
  });

  it('forgets label sets that are not given any more, and counts only growth', async () => {
    const metrics = new BrokerMetrics();
    let topics = [{ labels: { topic: 'a' }, value: 1 }];
    let total = 5;
    metrics.gauges('ottla_log_bytes', 'x', ['topic'], () => topics);
    metrics.counter('ottla_things_total', 'x', () => total);
    await metrics.text();
    topics = [{ labels: { topic: 'b' }, value: 2 }];
    total = 7;
    const text = await metrics.text();
    expect(text).toContain('ottla_log_bytes{topic="b"} 2');
    expect(text).not.toContain('topic="a"');
    expect(text).toContain('ottla_things_total 7');
  });

  it('measures how late the event loop is', async () => {
    const time = new VirtualTime();
    const metrics = new BrokerMetrics();
    const delay = new LoopDelay(
      { clock: { monotonicMs: () => time.monotonicMs() * 1.5 }, timers: time },
      metrics,
    );
    time.advance(100);
    expect(await metrics.text()).toContain('ottla_event_loop_delay_max_seconds 0.049');
    delay.close();
    expect(time.pending).toBe(0);
  });

  it('tells how many requests of each version were answered, and how soon', async () => {
    const metrics = new BrokerMetrics();
    metrics.answered('Fetch', 17, 0.5);
    metrics.answered('Fetch', 17, 20_000);
    metrics.answered('Fetch', 4, 2.5);
    await metrics.text();
    metrics.answered('Fetch', 17, 3);
    const text = await metrics.text();
    for (const line of [
      'ottla_requests_total{api="Fetch",version="17"} 3',
      'ottla_requests_total{api="Fetch",version="4"} 1',
      'ottla_request_seconds_bucket{le="0.0001",api="Fetch"} 0',
      'ottla_request_seconds_bucket{le="0.0005",api="Fetch"} 1',
      'ottla_request_seconds_bucket{le="0.0025",api="Fetch"} 2',
      'ottla_request_seconds_bucket{le="10",api="Fetch"} 3',
      'ottla_request_seconds_bucket{le="+Inf",api="Fetch"} 4',
      'ottla_request_seconds_count{api="Fetch"} 4',
    ])
      expect(text.split('\n')).toContain(line);
    expect(text).toMatch(/^ottla_request_seconds_sum\{api="Fetch"\} 20\.006/m);
  });

  it('has a registry of its own, so that several brokers fit in one process', () => {
    expect(new BrokerMetrics().registry).not.toBe(new BrokerMetrics().registry);
  });
});

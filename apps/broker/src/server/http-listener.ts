// The HTTP listener for /metrics, /healthz and /readyz, when the configuration wants one. What is measured for nobody else, the
// event loop's delay, is measured only then.

import type { Platform } from '@ottla/platform';
import type { BrokerConfig } from '../config/broker-config.ts';
import type { BrokerMetrics } from '../metrics/broker-metrics.ts';
import type { ClosingStack } from './closing-stack.ts';
import { listenerError } from './start-error.ts';

const KEY = 'ottla.http.listener';

/** @param notReady what is missing, in a few words; undefined when ready. @throws StartError */
export async function openHttp(
  platform: Pick<Platform, 'clock' | 'timers'>,
  config: BrokerConfig,
  metrics: BrokerMetrics,
  closing: ClosingStack,
  notReady: () => string | undefined,
): Promise<{ readonly host: string; readonly port: number } | undefined> {
  const listener = config.string(KEY);
  if (listener === '') return undefined;
  const { MetricsServer } = await import('../metrics/metrics-server.ts');
  const { LoopDelay } = await import('../metrics/loop-delay.ts');
  const delay = new LoopDelay(platform, metrics);
  closing.add('the loop delay', () => delay.close());
  const server = new MetricsServer({ listener, metrics: () => metrics.text(), notReady });
  try {
    const bound = await server.start();
    closing.add('the HTTP listener', () => server.close());
    return bound;
  } catch (error) {
    throw listenerError(KEY, listener, error);
  }
}

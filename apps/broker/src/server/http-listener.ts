// The HTTP listener for /metrics, /healthz and /readyz, when the configuration wants one.

import type { BrokerConfig } from '../config/broker-config.ts';
import type { BrokerMetrics } from '../metrics/broker-metrics.ts';
import type { ClosingStack } from './closing-stack.ts';
import { listenerError } from './start-error.ts';

const KEY = 'ottla.http.listener';

/** @param notReady what is missing, in a few words; undefined when ready. @throws StartError */
export async function openHttp(
  config: BrokerConfig,
  metrics: BrokerMetrics,
  closing: ClosingStack,
  notReady: () => string | undefined,
): Promise<{ readonly host: string; readonly port: number } | undefined> {
  const listener = config.string(KEY);
  if (listener === '') return undefined;
  const { MetricsServer } = await import('../metrics/metrics-server.ts');
  const server = new MetricsServer({ listener, metrics: () => metrics.text(), notReady });
  try {
    const bound = await server.start();
    closing.add('the HTTP listener', () => server.close());
    return bound;
  } catch (error) {
    throw listenerError(KEY, listener, error);
  }
}

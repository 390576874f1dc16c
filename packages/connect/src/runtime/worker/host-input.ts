// What every host of a worker is given.
import type { Logger } from '@ottla/platform';
import type { WorkerConfig } from '../config/worker-config.ts';
import type { HostInput, HostNotes, LogLine } from '../host/host-protocol.ts';

export function hostInput(config: WorkerConfig): HostInput {
  return {
    pluginModules: config.pluginModules,
    workerProperties: config.properties,
    flushIntervalMs: config.offsetFlushIntervalMs,
    flushTimeoutMs: config.offsetFlushTimeoutMs,
    isTopicCreationEnabled: config.isTopicCreationEnabled,
  };
}

/** Notes of a host that runs no connector: log lines only. */
export function silentNotes(logger: Logger): HostNotes {
  return {
    taskState() {},
    connectorFailed() {},
    reconfigurationRequested() {},
    topic() {},
    log: (line) => writeLine(logger, line),
  };
}

export function writeLine(logger: Logger, { level, message, fields }: LogLine): void {
  logger[level](message, fields);
}

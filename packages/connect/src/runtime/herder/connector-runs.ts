// The lives of connectors: hosts, connectors and tasks are started and ended here, one change of a connector at a time.
// Kafka: Worker, WorkerConnector.
import type { Logger } from '@ottla/platform';
import { ConnectError } from '../../errors.ts';
import { connectorDefinition } from '../config/connector-definition.ts';
import type { HostNotes, LogLine } from '../host/host-protocol.ts';
import { traceOf } from '../host/link.ts';
import type { Conceal } from '../worker/config-providers.ts';
import { HostHandle, within } from '../worker/host-handle.ts';
import { hostInput, writeLine } from '../worker/host-input.ts';
import type { ConnectorEntry } from './connector-entry.ts';
import type { Properties } from './entities.ts';
import type { HerderOptions } from './standalone-herder.ts';

export class ConnectorRuns {
  readonly #options: HerderOptions;
  readonly #logger: Logger;

  constructor(options: HerderOptions) {
    this.#options = options;
    this.#logger = options.loggers.named('org.apache.kafka.connect.runtime.Worker');
  }

  /** Does a change of the connector after those before it; one that is stuck loses its host after the graceful timeout. */
  async change<T>(entry: ConnectorEntry, work: () => Promise<T>): Promise<T> {
    const { platform, config } = this.#options;
    const timer = platform.timers.set(config.gracefulTimeoutMs, () => {
      this.#logger.warn(`Connector '${entry.name}' does not answer: it is stopped by force`);
      void entry.host?.end(0);
    });
    return entry.lock.run(async () => {
      timer.cancel();
      return work();
    });
  }

  /** Starts the connector as its target state says, with its tasks. @throws ConnectError; the status is FAILED then */
  async start(entry: ConnectorEntry): Promise<void> {
    if (entry.isDeleted) return;
    try {
      await this.#openHost(entry);
      if (entry.target === 'STARTED') await this.#startConnector(entry);
    } catch (error) {
      entry.state = { state: 'FAILED', trace: traceOf(error) };
      this.#logError(entry, `Connector '${entry.name}' failed to start`, error);
      throw new ConnectError(
        `Failed to transition connector ${entry.name} to state ${entry.target}`,
        { cause: error },
      );
    }
    if (entry.target === 'STARTED') await this.#updateTasks(entry, true);
    else {
      entry.state = { state: entry.target === 'PAUSED' ? 'PAUSED' : 'STOPPED' };
      if (entry.target === 'STOPPED') this.#forgetTasks(entry);
      else await this.#startTasks(entry, [...entry.taskConfigs.keys()]);
    }
  }

  /** Ends the connector's host with all that runs in it. */
  async end(entry: ConnectorEntry): Promise<void> {
    const { host } = entry;
    entry.host = undefined;
    entry.isStarted = false;
    if (host === undefined) return;
    if (!(await host.end(this.#options.config.gracefulTimeoutMs)))
      this.#logger.warn(`Graceful stop of connector '${entry.name}' failed; it was ended by force`);
    // A host that was ended by force could not say so.
    entry.state = { state: 'UNASSIGNED' };
    for (const task of entry.taskStates.keys()) entry.taskStates.set(task, { state: 'UNASSIGNED' });
  }

  /** Ends the connector and its tasks; nothing of the tasks is kept. */
  async stop(entry: ConnectorEntry): Promise<void> {
    await this.end(entry);
    this.#forgetTasks(entry);
    entry.state = { state: 'STOPPED' };
  }

  /** Pauses connector and tasks; one that does not answer is ended and started anew, paused. */
  async pause(entry: ConnectorEntry): Promise<void> {
    if (entry.state?.state === 'FAILED') {
      this.#logger.error(`Connector '${entry.name}' cannot be paused since it has failed`);
      await this.#answered(entry, this.#eachTask(entry, 'pauseTask'));
      return;
    }
    if (entry.state?.state === 'STOPPED' || entry.host === undefined) {
      await this.end(entry);
      await this.start(entry);
      return;
    }
    const asked = this.#eachTask(entry, 'pauseTask').then(() => this.#stopConnector(entry));
    if (await this.#answered(entry, asked)) entry.state = { state: 'PAUSED' };
    else await this.#startAnew(entry);
  }

  /** Lets the connector and its tasks go on. */
  async resume(entry: ConnectorEntry): Promise<void> {
    if (entry.host === undefined || entry.state?.state === 'STOPPED') {
      await this.start(entry);
      return;
    }
    if (entry.state?.state !== 'FAILED') await this.#startAgain(entry);
    await this.#answered(entry, this.#eachTask(entry, 'resumeTask'));
    if (entry.isStarted) await this.#updateTasks(entry, false);
  }

  async restartConnector(entry: ConnectorEntry): Promise<void> {
    await this.restart(entry, true, []);
  }

  /** Restarts the connector and some of its tasks. */
  async restart(
    entry: ConnectorEntry,
    connector: boolean,
    tasks: readonly number[],
  ): Promise<void> {
    // Nothing runs in a connector whose host is gone: whatever was asked for needs all of it.
    if (entry.host?.isAlive !== true) {
      await this.#startAnew(entry);
      return;
    }
    const { host } = entry;
    const stopped = Promise.all([
      connector ? this.#stopConnector(entry) : undefined,
      ...tasks.map((task) => host.call('stopTask', task)),
    ]);
    if (!(await this.#answered(entry, stopped))) {
      await this.#startAnew(entry);
      return;
    }
    if (connector && entry.target === 'STARTED') await this.#startAgain(entry);
    else if (connector) entry.state = { state: entry.target === 'PAUSED' ? 'PAUSED' : 'STOPPED' };
    await this.#startTasks(entry, tasks);
    if (connector && entry.isStarted) await this.#updateTasks(entry, false);
  }

  // ---- parts ----

  async #startAnew(entry: ConnectorEntry): Promise<void> {
    await this.end(entry);
    await this.start(entry);
  }

  async #startAgain(entry: ConnectorEntry): Promise<void> {
    try {
      await this.#startConnector(entry);
    } catch (error) {
      entry.state = { state: 'FAILED', trace: traceOf(error) };
      throw error;
    }
  }

  async #openHost(entry: ConnectorEntry): Promise<void> {
    const { config, platform, offsets, standardInput } = this.#options;
    const host: HostHandle = new HostHandle({
      name: `connector-${entry.name}`,
      input: hostInput(config),
      isolation: config.isolation,
      platform,
      offsets,
      standardInput,
      notes: this.#notes(entry, () => entry.host === host),
      onDeath: (error) => {
        if (entry.host === host) this.#died(entry, error);
      },
    });
    entry.host = host;
    const plugin = await host.call('connectorPlugin', entry.config['connector.class'] ?? '');
    entry.type = plugin.type === 'sink' ? 'sink' : 'source';
    entry.version = plugin.version;
  }

  #notes(entry: ConnectorEntry, isCurrent: () => boolean): HostNotes {
    const className = entry.config['connector.class'] ?? entry.name;
    const logger = this.#options.loggers.named(className);
    return {
      taskState: ({ task, report }) => {
        if (isCurrent()) entry.taskStates.set(task, report);
      },
      connectorFailed: (trace) => {
        if (isCurrent()) entry.state = { state: 'FAILED', trace };
      },
      reconfigurationRequested: () => {
        this.change(entry, () => this.#updateTasks(entry, false)).catch((error: unknown) =>
          this.#logger.error(`Reconfiguration of connector '${entry.name}' failed`, { error }),
        );
      },
      topic: ({ topic }) => {
        if (isCurrent() && this.#options.config.isTopicTrackingEnabled) entry.topics.add(topic);
      },
      log: (line) => writeLine(logger, concealed(line, entry.conceal)),
    };
  }

  #died(entry: ConnectorEntry, error: Error): void {
    const report = { state: 'FAILED', trace: traceOf(error) } as const;
    this.#logger.error(`The thread of connector '${entry.name}' has died`, { error });
    entry.isStarted = false;
    entry.state = report;
    for (const [task, { state }] of entry.taskStates)
      if (state !== 'FAILED') entry.taskStates.set(task, report);
  }

  async #startConnector(entry: ConnectorEntry): Promise<void> {
    const properties = await this.#resolved(entry);
    await this.#host(entry).call('startConnector', { name: entry.name, properties });
    entry.isStarted = true;
    entry.state = { state: 'RUNNING' };
  }

  /** The configuration with its values; from now on they are kept out of what is shown of the connector. */
  async #resolved(entry: ConnectorEntry): Promise<Properties> {
    const { config, conceal } = await this.#options.providers.resolve(entry.config);
    entry.conceal = conceal;
    return config;
  }

  #logError(entry: ConnectorEntry, message: string, error: unknown): void {
    this.#logger.error(message, { error: entry.conceal(traceOf(error)) });
  }

  async #stopConnector(entry: ConnectorEntry): Promise<void> {
    entry.isStarted = false;
    await this.#host(entry).call('stopConnector');
  }

  async #eachTask(entry: ConnectorEntry, method: 'pauseTask' | 'resumeTask'): Promise<void> {
    const { host } = entry;
    if (host !== undefined)
      await Promise.all(entry.taskConfigs.map((_config, task) => host.call(method, task)));
  }

  /** Whether the host answered within the graceful timeout. */
  #answered(_entry: ConnectorEntry, work: Promise<unknown>): Promise<boolean> {
    const { platform, config } = this.#options;
    return within(platform, config.gracefulTimeoutMs, work);
  }

  #forgetTasks(entry: ConnectorEntry): void {
    entry.taskConfigs = [];
    entry.taskStates.clear();
  }

  /** Asks for task configurations, and starts the tasks when they are others than before, or `always`. */
  async #updateTasks(entry: ConnectorEntry, always: boolean): Promise<void> {
    if (entry.isDeleted || !entry.isStarted || entry.target !== 'STARTED') return;
    try {
      const configs = await this.#taskConfigs(entry);
      if (!always && JSON.stringify(configs) === JSON.stringify(entry.taskConfigs)) return;
      const host = this.#host(entry);
      await Promise.all(entry.taskConfigs.map((_config, task) => host.call('stopTask', task)));
      this.#forgetTasks(entry);
      entry.taskConfigs = configs;
      await this.#startTasks(entry, [...configs.keys()]);
    } catch (error) {
      if (entry.host?.isAlive !== true) throw error;
      entry.state = { state: 'FAILED', trace: traceOf(error) };
      this.#logError(entry, `Connector '${entry.name}' could not make its tasks`, error);
    }
  }

  async #taskConfigs(entry: ConnectorEntry): Promise<Properties[]> {
    const { config, name, type } = entry;
    const definition = connectorDefinition(type === 'sink' ? 'sink' : 'source');
    const parsed = definition.parse(await this.#resolved(entry));
    const tasksMax = parsed.number('tasks.max');
    const generated = await this.#host(entry).call('taskConfigs', tasksMax);
    if (generated.length > tasksMax) {
      const message = `The connector ${name} has generated ${generated.length} tasks, which is greater than ${tasksMax}, the maximum number of tasks it is configured to create.`;
      if (parsed.boolean('tasks.max.enforce')) throw new ConnectError(message);
      this.#logger.warn(message);
    }
    const taskClass = (config['connector.class'] ?? '').replace(/Connector$/, 'Task');
    const topics = type === 'sink' ? ['topics', 'topics.regex'] : [];
    return generated.map((properties) => ({
      ...unresolved(properties, config),
      'task.class': taskClass,
      ...Object.fromEntries(
        topics.flatMap((key) => (config[key] === undefined ? [] : [[key, config[key]]])),
      ),
    }));
  }

  async #startTasks(entry: ConnectorEntry, tasks: readonly number[]): Promise<void> {
    const host = this.#host(entry);
    const connectorProperties = await this.#resolved(entry);
    for (const task of tasks) {
      const properties = entry.taskConfigs[task];
      if (properties === undefined) continue;
      entry.taskStates.set(task, { state: 'UNASSIGNED' });
      try {
        await host.call('startTask', {
          connectorName: entry.name,
          task,
          connectorProperties,
          taskProperties: (await this.#options.providers.resolve(properties)).config,
          isPaused: entry.target === 'PAUSED',
        });
      } catch (error) {
        if (!host.isAlive) throw error;
        entry.taskStates.set(task, { state: 'FAILED', trace: traceOf(error) });
        this.#logError(entry, `Task ${entry.name}-${task} failed to start`, error);
      }
    }
  }

  #host({ host, name }: ConnectorEntry): HostHandle {
    if (host === undefined) throw new ConnectError(`Connector ${name} is not running`);
    return host;
  }
}

/** A line without the values that placeholders stand for. */
function concealed({ level, message, fields }: LogLine, conceal: Conceal): LogLine {
  const shown = Object.entries(fields).map(
    ([name, value]) => [name, typeof value === 'string' ? conceal(value) : value] as const,
  );
  return { level, message: conceal(message), fields: Object.fromEntries(shown) };
}

/** Task configurations with the connector's placeholders put back, so that no secret is stored or shown. */
function unresolved(properties: Properties, config: Properties): Properties {
  return Object.fromEntries(
    Object.entries(properties).map(([key, value]) => {
      const original = config[key];
      return [key, original !== undefined && original.includes('${') ? original : value];
    }),
  );
}

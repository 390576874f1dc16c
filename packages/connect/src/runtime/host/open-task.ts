// Builds a task with everything around it, and sets it going. A thread loads only the clients that its tasks use (decision 0011).
// Kafka: Worker.startSourceTask, startSinkTask and their builders.
import type { ConsumerRecord } from '@ottla/client';
import type { Logger, Platform } from '@ottla/platform';
import { javaRegex } from '../../config/java-regex.ts';
import type { StandardInput } from '../../connector/source-task.ts';
import { ConfigError } from '../../errors.ts';
import type { SinkPlugin, SourcePlugin } from '../../plugin/plugin.ts';
import type { PluginRegistry } from '../../plugin/plugin-registry.ts';
import type { SourceRecord } from '../../record/source-record.ts';
import { connectorDefinition } from '../config/connector-definition.ts';
import { type OffsetAccess, SourceOffsetReader } from '../offsets/source-offsets.ts';
import { DeadLetterQueue } from '../task/dead-letter-queue.ts';
import { ErrorHandler, type ErrorReporter, type ErrorSettings } from '../task/error-handling.ts';
import { errorLog } from '../task/error-log.ts';
import { SinkTaskRun } from '../task/sink-task-run.ts';
import { SourceTaskRun } from '../task/source-task-run.ts';
import type { TaskListener, TaskRun } from '../task/task-state.ts';
import { TopicCreation } from '../task/topic-creation.ts';
import { matchingTopics, namedTopics } from '../task/topic-selection.ts';
import {
  adminOptions,
  consumerOptions,
  producerOptions,
  type SettingSources,
  sinkGroupId,
} from './client-settings.ts';
import type { HostInput, TaskStart } from './host-protocol.ts';
import { openConverters, openTransformations } from './open-plugins.ts';

/** The world of a task. */
export interface TaskSurroundings {
  readonly input: HostInput;
  readonly registry: PluginRegistry;
  readonly platform: Platform;
  readonly offsets: OffsetAccess;
  readonly standardInput: StandardInput;
  readonly logger: Logger;
  readonly listener: TaskListener;
}

/** @throws ConfigError and what opening plugins and the dead-letter queue throw */
export async function openTask(start: TaskStart, around: TaskSurroundings): Promise<TaskRun> {
  const name = start.connectorProperties['connector.class'] ?? '';
  const { plugin } = around.registry.require(['source', 'sink'], name);
  const sources: SettingSources = {
    workerProperties: around.input.workerProperties,
    connectorProperties: start.connectorProperties,
    platform: around.platform,
    logger: around.logger,
  };
  return plugin.type === 'source'
    ? await openSource(start, around, sources, plugin)
    : await openSink(start, around, sources, plugin);
}

async function openSource(
  start: TaskStart,
  around: TaskSurroundings,
  sources: SettingSources,
  plugin: SourcePlugin,
): Promise<TaskRun> {
  const { Producer } = await import('@ottla/client/producer');
  const { connectorName, connectorProperties, taskProperties, isPaused } = start;
  const { input, registry, platform, logger, listener, offsets, standardInput } = around;
  const id = taskId(start);
  const stopping = new AbortController();
  const settings = errorSettings(connectorProperties, 'source');
  const reporters = logReporters<SourceRecord>(
    settings,
    logger,
    id,
    ({ topic, sourcePartition, sourceOffset }) =>
      `source record is of ${JSON.stringify(sourcePartition)} at ${JSON.stringify(sourceOffset)} for topic ${topic}`,
  );
  const creation = input.isTopicCreationEnabled ? connectorProperties : {};
  return new SourceTaskRun({
    task: plugin.createTask(),
    connectorName,
    properties: taskProperties,
    isPaused,
    converters: openConverters(connectorProperties, input.workerProperties, registry),
    chain: openTransformations(connectorProperties, registry),
    errors: new ErrorHandler({ settings, platform, reporters, stopping: stopping.signal }),
    topicCreation: new TopicCreation(
      creation,
      adminOptions(sources, `connector-adminclient-${id}`),
    ),
    producer: new Producer(producerOptions(sources, `connector-producer-${id}`)),
    offsetReader: new SourceOffsetReader(connectorName, offsets),
    offsetStore: offsets,
    standardInput,
    flushIntervalMs: input.flushIntervalMs,
    flushTimeoutMs: input.flushTimeoutMs,
    listener,
    platform,
    logger,
    stopping,
  });
}

async function openSink(
  start: TaskStart,
  around: TaskSurroundings,
  sources: SettingSources,
  plugin: SinkPlugin,
): Promise<TaskRun> {
  const { Consumer } = await import('@ottla/client/consumer');
  const { connectorName, connectorProperties, taskProperties, isPaused } = start;
  const { input, registry, platform, logger, listener } = around;
  const id = taskId(start);
  const parsed = connectorDefinition('sink').parse(connectorProperties);
  const converters = openConverters(connectorProperties, input.workerProperties, registry);
  const chain = openTransformations(connectorProperties, registry);
  const { options, maxPollRecords } = consumerOptions(
    sources,
    `connector-consumer-${id}`,
    sinkGroupId(connectorName, sources),
  );
  const stopping = new AbortController();
  const settings = errorSettings(connectorProperties, 'sink');
  const reporters: ErrorReporter<ConsumerRecord>[] = logReporters(
    settings,
    logger,
    id,
    ({ topic, partition, offset, timestamp }) =>
      `consumed record is {topic='${topic}', partition=${partition}, offset=${offset}, timestamp=${timestamp}}`,
  );
  const deadLetters = parsed.string('errors.deadletterqueue.topic.name');
  if (deadLetters !== '')
    reporters.push(
      await DeadLetterQueue.open({
        topic: deadLetters,
        replicationFactor: parsed.number('errors.deadletterqueue.topic.replication.factor'),
        contextHeaders: parsed.boolean('errors.deadletterqueue.context.headers.enable'),
        connectorName,
        taskId: start.task,
        producer: producerOptions(sources, `connector-dlq-producer-${id}`),
        admin: adminOptions(sources, `connector-dlq-adminclient-${id}`),
        logger,
      }),
    );
  const pattern = parsed.string('topics.regex');
  return new SinkTaskRun({
    task: plugin.createTask(),
    properties: taskProperties,
    isPaused,
    converters,
    chain,
    errors: new ErrorHandler({ settings, platform, reporters, stopping: stopping.signal }),
    hasReporters: reporters.length > 0,
    openConsumer: () => new Consumer(options),
    topics:
      pattern === ''
        ? namedTopics(parsed.list('topics'))
        : matchingTopics(
            javaRegex(pattern),
            adminOptions(sources, `connector-adminclient-${id}`),
            platform,
          ),
    maxPollRecords,
    flushIntervalMs: input.flushIntervalMs,
    listener,
    platform,
    logger,
    stopping,
  });
}

function taskId({ connectorName, task }: TaskStart): string {
  return `${connectorName}-${task}`;
}

function errorSettings(
  properties: Readonly<Record<string, string>>,
  type: 'source' | 'sink',
): ErrorSettings {
  const parsed = connectorDefinition(type).parse(properties);
  const tolerance = parsed.string('errors.tolerance');
  if (tolerance !== 'none' && tolerance !== 'all')
    throw new ConfigError(`Invalid value ${tolerance} for configuration errors.tolerance`);
  return {
    tolerance,
    retryTimeoutMs: parsed.number('errors.retry.timeout'),
    retryDelayMsMax: parsed.number('errors.retry.delay.max.ms'),
    logEnabled: parsed.boolean('errors.log.enable'),
    logMessages: parsed.boolean('errors.log.include.messages'),
  };
}

function logReporters<R>(
  settings: ErrorSettings,
  logger: Logger,
  id: string,
  describe: (record: R) => string,
): ErrorReporter<R>[] {
  if (!settings.logEnabled) return [];
  return [errorLog(logger, id, settings.logMessages ? describe : undefined)];
}

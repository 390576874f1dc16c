// Topics that clients asked for without creating them, and the internal topics. Kafka: DefaultAutoTopicCreationManager.

import { invalidTopicName } from '@ottla/metadata';
import type { MetadataImage } from '@ottla/metadata';
import type { Logger } from '@ottla/platform';
import { ErrorCode, errorInfo } from '@ottla/protocol';
import {
  createCreatableTopic,
  createTopicsRequest,
  createTopicsResponse,
} from '@ottla/protocol/messages/create-topics';
import type { CreatableTopic } from '@ottla/protocol/messages/create-topics';
import type { BrokerConfig } from '../config/broker-config.ts';
import { hasCreated } from '../handlers/create-topics.ts';
import { OFFSETS_TOPIC } from '../handlers/internal-topics.ts';
import type { TopicAutoCreation } from './broker-services.ts';
import type { ControllerChannel } from './controller-channel.ts';
import type { MetadataCatchUp } from './metadata-catch-up.ts';

export interface AutoTopicCreationOptions {
  readonly config: BrokerConfig;
  readonly controller: Pick<ControllerChannel, 'send'>;
  readonly image: () => MetadataImage;
  readonly logger: Logger;
  readonly catchUp: Pick<MetadataCatchUp, 'applied' | 'within'>;
}

/** The controller's own default stands in. */
const DEFAULT_COUNT = -1;
/** Replicas of an internal topic where the configuration does not say: as many as there are brokers, up to this. */
const INTERNAL_REPLICATION_MAX = 3;

/** Asks the controller, once for each name at a time. */
export class AutoTopicCreator implements TopicAutoCreation {
  readonly #options: AutoTopicCreationOptions;
  readonly #inFlight = new Map<string, Promise<void>>();

  constructor(options: AutoTopicCreationOptions) {
    this.#options = options;
  }

  create(topicNames: Iterable<string>): ReadonlyMap<string, number> {
    const codes = new Map<string, number>();
    const wanted: CreatableTopic[] = [];
    for (const name of new Set(topicNames)) {
      const isInvalid = invalidTopicName(name) !== undefined;
      codes.set(
        name,
        isInvalid ? ErrorCode.INVALID_TOPIC_EXCEPTION : ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
      );
      if (!isInvalid && !this.#inFlight.has(name)) wanted.push(this.#creatable(name));
    }
    if (wanted.length > 0) {
      const sent = this.#send(wanted);
      for (const { name } of wanted) this.#inFlight.set(name, sent);
    }
    return codes;
  }

  async underWay(topicNames: Iterable<string>, timeoutMs: number): Promise<void> {
    const sent = [...topicNames].map((name) => this.#inFlight.get(name) ?? Promise.resolve());
    await this.#options.catchUp.within(timeoutMs, async () => void (await Promise.all(sent)));
  }

  async #send(topics: CreatableTopic[]): Promise<void> {
    const { controller, config, logger, catchUp } = this.#options;
    const timeoutMs = config.number('request.timeout.ms');
    try {
      const body = createTopicsRequest.create({ topics, timeoutMs });
      const answer = await controller.send(createTopicsRequest, createTopicsResponse, body);
      for (const { name, errorCode, errorMessage } of answer.topics)
        if (errorCode !== ErrorCode.NONE && errorCode !== ErrorCode.TOPIC_ALREADY_EXISTS)
          logger.warn(
            `topic ${name} was not created: ${errorMessage ?? errorInfo(errorCode).name}`,
          );
      await catchUp.applied(hasCreated(answer), timeoutMs);
    } catch (error) {
      logger.warn('topics were not created', { topics: topics.map(({ name }) => name), error });
    } finally {
      for (const { name } of topics) this.#inFlight.delete(name);
    }
  }

  #creatable(name: string): CreatableTopic {
    const { config } = this.#options;
    if (name === OFFSETS_TOPIC)
      return createCreatableTopic({
        name,
        numPartitions: config.number('offsets.topic.num.partitions'),
        replicationFactor: this.#internalReplication('offsets.topic.replication.factor'),
        configs: [
          { name: 'cleanup.policy', value: 'compact' },
          { name: 'segment.bytes', value: String(config.number('offsets.topic.segment.bytes')) },
          { name: 'compression.type', value: 'producer' },
        ],
      });
    const given = (key: string): number =>
      config.isGiven(key) ? config.number(key) : DEFAULT_COUNT;
    return createCreatableTopic({
      name,
      numPartitions: given('num.partitions'),
      replicationFactor: given('default.replication.factor'),
    });
  }

  #internalReplication(key: string): number {
    const { config, image } = this.#options;
    if (config.isGiven(key)) return config.number(key);
    return Math.max(1, Math.min(INTERNAL_REPLICATION_MAX, image().cluster.brokers.size));
  }
}

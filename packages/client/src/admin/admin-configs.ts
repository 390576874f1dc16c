// DescribeConfigs and IncrementalAlterConfigs. A broker's configs are asked of that broker, everything else of any.
import {
  describeConfigsRequest,
  describeConfigsResponse,
} from '@ottla/protocol/messages/describe-configs';
import {
  incrementalAlterConfigsRequest,
  incrementalAlterConfigsResponse,
} from '@ottla/protocol/messages/incremental-alter-configs';
import type { BrokerConnection } from '../connection/broker-connection.ts';
import type { Cluster } from '../connection/cluster.ts';
import { throwOnError } from '../errors.ts';
import { withRetries } from '../retry.ts';

const DESCRIBE = { request: describeConfigsRequest, response: describeConfigsResponse };
const ALTER = {
  request: incrementalAlterConfigsRequest,
  response: incrementalAlterConfigsResponse,
};

/** Codes of the wire. */
const RESOURCE_TYPE = {
  topic: 2,
  broker: 4,
  brokerLogger: 8,
  clientMetrics: 16,
  group: 32,
} as const;
const OPERATION = { set: 0, delete: 1, append: 2, subtract: 3 } as const;
const SOURCES = [
  'unknown',
  'dynamicTopic',
  'dynamicBroker',
  'dynamicDefaultBroker',
  'staticBroker',
  'default',
  'dynamicBrokerLogger',
  'clientMetrics',
  'group',
] as const;
const TYPES = [
  'unknown',
  'boolean',
  'string',
  'int',
  'short',
  'long',
  'double',
  'list',
  'class',
  'password',
] as const;

export interface ConfigResource {
  readonly type: keyof typeof RESOURCE_TYPE;
  /** Topic, node id as text (empty for the default of all brokers), group … */
  readonly name: string;
}

export interface ConfigEntry {
  readonly name: string;
  /** Null when it is secret or not set. */
  readonly value: string | null;
  readonly source: (typeof SOURCES)[number];
  readonly type: (typeof TYPES)[number];
  readonly isReadOnly: boolean;
  readonly isSensitive: boolean;
  readonly documentation: string | null;
  readonly synonyms: readonly {
    readonly name: string;
    readonly value: string | null;
    readonly source: (typeof SOURCES)[number];
  }[];
}

export interface DescribedResource {
  readonly resource: ConfigResource;
  readonly entries: readonly ConfigEntry[];
}

export interface ConfigChange {
  readonly name: string;
  readonly operation: keyof typeof OPERATION;
  /** Not for `delete`. */
  readonly value?: string;
}

export class AdminConfigs {
  readonly #cluster: Cluster;

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
  }

  /** Every config of a resource, with where its value comes from. */
  readonly describe = async (
    resource: ConfigResource,
    options: {
      names?: readonly string[];
      includeSynonyms?: boolean;
      includeDocumentation?: boolean;
    } = {},
  ): Promise<DescribedResource> => {
    const { options: clientOptions } = this.#cluster;
    return withRetries(
      clientOptions,
      `describing configs of ${resource.name}`,
      clientOptions.defaultApiTimeoutMs,
      this.#at(resource, async (connection) => {
        const response = await connection.send(
          DESCRIBE,
          describeConfigsRequest.create({
            resources: [
              {
                resourceType: RESOURCE_TYPE[resource.type],
                resourceName: resource.name,
                configurationKeys: options.names === undefined ? null : [...options.names],
              },
            ],
            includeSynonyms: options.includeSynonyms ?? false,
            includeDocumentation: options.includeDocumentation ?? false,
          }),
        );
        const result = response.results[0]!;
        throwOnError(
          result.errorCode,
          result.errorMessage,
          resource.type === 'topic' ? { topic: resource.name } : {},
        );
        return {
          resource,
          entries: result.configs.map((config) => ({
            name: config.name,
            value: config.value,
            source: SOURCES[config.configSource] ?? 'unknown',
            type: TYPES[config.configType] ?? 'unknown',
            isReadOnly: config.readOnly,
            isSensitive: config.isSensitive,
            documentation: config.documentation,
            synonyms: config.synonyms.map(({ name, value, source }) => ({
              name,
              value,
              source: SOURCES[source] ?? 'unknown',
            })),
          })),
        };
      }),
    );
  };

  /** Changes some configs of a resource and leaves the others. */
  readonly alter = async (
    resource: ConfigResource,
    changes: readonly ConfigChange[],
    options: { validateOnly?: boolean } = {},
  ): Promise<void> => {
    const { options: clientOptions } = this.#cluster;
    await withRetries(
      clientOptions,
      `altering configs of ${resource.name}`,
      clientOptions.defaultApiTimeoutMs,
      this.#at(resource, async (connection) => {
        const response = await connection.send(
          ALTER,
          incrementalAlterConfigsRequest.create({
            resources: [
              {
                resourceType: RESOURCE_TYPE[resource.type],
                resourceName: resource.name,
                configs: changes.map(({ name, operation, value }) => ({
                  name,
                  configOperation: OPERATION[operation],
                  value: value ?? null,
                })),
              },
            ],
            validateOnly: options.validateOnly ?? false,
          }),
        );
        const result = response.responses[0]!;
        throwOnError(
          result.errorCode,
          result.errorMessage,
          resource.type === 'topic' ? { topic: resource.name } : {},
        );
      }),
    );
  };

  /** Settings of one broker are its own to tell; of the others every broker knows, or forwards. */
  #at<T>(
    { type, name }: ConfigResource,
    use: (connection: BrokerConnection) => Promise<T>,
  ): () => Promise<T> {
    const isOneBroker = (type === 'broker' || type === 'brokerLogger') && name !== '';
    return isOneBroker
      ? async () => use(await this.#cluster.broker(Number(name)))
      : () => this.#cluster.askAny(use);
  }
}

// What the controller must be told from outside: cluster id, chance, timeouts, defaults, and the
// config definitions, which belong to the broker.
import type { BootstrapMetadata } from './bootstrap.ts';
import type { SupportedFeature } from '../image/cluster-image.ts';
import type { ConfigResource } from '../image/metadata-image.ts';

/** Chance, as far as the controller needs it; the platform's Random has these. */
export interface ControllerRandom {
  /** Uniform integer in [0, boundExclusive). */
  below(boundExclusive: number): number;
  bytes(length: number): Buffer;
}

/** Dynamic configs that apply to a topic, nearest first; static ones are known to ControllerConfigs. */
export interface TopicConfigLayers {
  /** Set on the topic itself. */
  readonly topic: ReadonlyMap<string, string>;
  /** Set on the broker with this controller's node id. */
  readonly node: ReadonlyMap<string, string>;
  /** Set as the default of all brokers. */
  readonly cluster: ReadonlyMap<string, string>;
}

/** One effective topic config, as CreateTopics version 5 and later show it. */
export interface EffectiveTopicConfig {
  readonly name: string;
  /** Not shown when `isSensitive`. */
  readonly value: string | null;
  readonly readOnly: boolean;
  /** DescribeConfigs' numbers: 1 topic, 2 dynamic broker, 3 dynamic default broker, 4 static, 5 default. */
  readonly configSource: number;
  readonly isSensitive: boolean;
}

/** The config definitions: which keys there are, what values they take, what their defaults are. */
export interface ControllerConfigs {
  /**
   * Checks all configs that a resource would have after a change.
   *
   * @returns why they are refused (INVALID_CONFIG, with this message), or undefined when they are good
   */
  validate(
    resource: ConfigResource,
    configs: ReadonlyMap<string, string>,
    existing: ReadonlyMap<string, string>,
  ): string | undefined;
  /** Whether the key holds a list, so that values can be appended and subtracted. */
  isList(resourceType: number, name: string): boolean;
  /** Default of a key, or null. */
  defaultValue(resourceType: number, name: string): string | null;
  /** All topic configs in effect under these layers, sorted by name. */
  effectiveTopicConfigs(layers: TopicConfigLayers): readonly EffectiveTopicConfig[];
  /** One topic config in effect under these layers; called for `unclean.leader.election.enable` and `min.insync.replicas`. */
  effectiveTopicConfig(name: string, layers: TopicConfigLayers): string | null;
}

/** Everything that a controller needs to decide. */
export interface ControllerOptions {
  readonly clusterId: string;
  /** This controller's node id. */
  readonly nodeId: number;
  readonly random: ControllerRandom;
  readonly configs: ControllerConfigs;
  /** Written by the first leader of an empty log. */
  readonly bootstrap: BootstrapMetadata;
  /** `broker.session.timeout.ms`: a broker that was silent for longer is fenced; default 9,000. */
  readonly sessionTimeoutMs?: number;
  /** `num.partitions`; default 1. */
  readonly defaultNumPartitions?: number;
  /** Replicas of a topic that asks for −1, given how many brokers are registered; default 1. */
  readonly defaultReplicationFactor?: (registeredBrokers: number) => number;
  /** `delete.topic.enable`; default true. */
  readonly deleteTopicEnable?: boolean;
  /** Records that one operation may write; default 10,000 as in Kafka. */
  readonly recordsPerOperationMax?: number;
  /** Records after which work on many partitions lets others have a turn; default 150, a few milliseconds at most. */
  readonly recordsPerSliceMax?: number;
  /** Finalized level of `kraft.version`, which the raft layer knows; default 1. */
  readonly kraftVersion?: () => number;
  /**
   * Asks the raft layer to raise `kraft.version`, or only whether it could; the default refuses.
   *
   * @returns why it is refused, or undefined when it is done, or could be
   */
  readonly upgradeKraftVersion?: (
    level: number,
    mode: { readonly validateOnly: boolean },
  ) => string | undefined;
  /** Feature levels that this controller can run at; default `metadata.version` and `kraft.version` in full. */
  readonly supportedFeatures?: readonly SupportedFeature[];
  /** Internal topics that gain replicas as brokers join, because nobody configured how many they have; default none. */
  readonly growingTopics?: () => readonly string[];
  /** Node ids of the quorum's voters: a feature is changed only when all of them have registered; default none. */
  readonly voterIds?: () => readonly number[];
}

// The config definitions as the controller asks for them: the broker's table behind the controller's port.

import { ConfigResourceType } from '@ottla/metadata';
import type { ConfigResource, ControllerConfigs, TopicConfigLayers } from '@ottla/metadata';
import type { BrokerConfig } from '../config/broker-config.ts';
import { ConfigError } from '../config/config-error.ts';
import { BROKER_TABLE, requireKey, TOPIC_TABLE } from '../config/config-table.ts';
import { describeTopicConfigs } from '../config/describe-configs.ts';
import { defaultText, isListKey, validateConfigs } from '../config/dynamic-config.ts';
import type { ConfigScope } from '../config/dynamic-config.ts';
import { resolveTopicText } from '../config/topic-config.ts';
import type { BrokerValues } from '../config/topic-config.ts';

/** The table as the controller of this node sees it. */
export function controllerConfigs(config: BrokerConfig): ControllerConfigs {
  return {
    validate: (resource, values) => {
      const scope = scopeOf(resource);
      if (scope === undefined) return `configs of resource type ${resource.type} are not supported`;
      try {
        validateConfigs(scope, values);
        return undefined;
      } catch (error) {
        if (error instanceof ConfigError) return error.message;
        throw error;
      }
    },
    isList: (type, name) => {
      const scope = scopeOf({ type, name: '' });
      return scope !== undefined && isListKey(scope, name);
    },
    defaultValue: (type, name) => {
      const scope = scopeOf({ type, name: '' });
      return scope === undefined ? null : defaultText(scope, name);
    },
    effectiveTopicConfigs: (layers: TopicConfigLayers) =>
      describeTopicConfigs(config, layers.topic),
    effectiveTopicConfig: (name, layers) =>
      resolveTopicText(
        requireKey(TOPIC_TABLE, name, 'topic'),
        layers.topic,
        brokerValues(config, layers),
      ),
  };
}

/** What stands in for a topic's own value: what the log says as of the decision, over this node's own file. */
function brokerValues(config: BrokerConfig, { node, cluster }: TopicConfigLayers): BrokerValues {
  return {
    raw: (name) =>
      node.get(name) ??
      cluster.get(name) ??
      config.given.get(name) ??
      BROKER_TABLE.get(name)?.defaultValue ??
      null,
    number: (name) => config.number(name),
  };
}

function scopeOf({ type, name }: ConfigResource): ConfigScope | undefined {
  switch (type) {
    case ConfigResourceType.TOPIC:
      return 'topic';
    case ConfigResourceType.BROKER:
      return name === '' ? 'cluster' : 'broker';
    case ConfigResourceType.GROUP:
      return 'group';
    default:
      return undefined;
  }
}

// Whether every node of the cluster can run at a feature level. Kafka: FeatureControlManager.reasonNotSupported.
import type { SupportedFeature } from '../image/cluster-image.ts';
import { type DecisionScope, gatesOf } from './decision-scope.ts';

/** Which node cannot run at that level of the feature, and why; undefined when all can. */
export function unsupportedBy(
  scope: DecisionScope,
  feature: string,
  level: number,
): string | undefined {
  const { options, image } = scope;
  const reasons = [
    reason(`Local controller ${options.nodeId}`, options.supportedFeatures, feature, level),
  ];
  for (const { brokerId, features } of image.cluster.brokers.values()) {
    reasons.push(reason(`Broker ${brokerId}`, features, feature, level));
  }
  if (gatesOf(scope).isControllerRegistrationSupported) {
    reasons.push(...otherControllers(scope, feature, level));
  }
  return reasons.find((found) => found !== undefined);
}

function* otherControllers(
  { options, image }: DecisionScope,
  feature: string,
  level: number,
): Generator<string | undefined> {
  const { controllers } = image.cluster;
  for (const { controllerId, features } of controllers.values()) {
    if (controllerId === options.nodeId) continue;
    yield reason(`Controller ${controllerId}`, features, feature, level);
  }
  for (const id of options.voterIds()) {
    if (id === options.nodeId || controllers.has(id)) continue;
    yield `controller ${id} has not registered, and may not support this feature`;
  }
}

/** A feature that a node does not name it supports at 0 only. */
function reason(
  node: string,
  features: readonly SupportedFeature[],
  feature: string,
  level: number,
): string | undefined {
  const found = features.find(({ name }) => name === feature);
  const min = found?.minSupportedVersion ?? 0;
  const max = found?.maxSupportedVersion ?? 0;
  if (level >= min && level <= max) return undefined;
  if (max === 0) return `${node} does not support this feature.`;
  return `${node} only supports versions ${min === max ? min : `${min}-${max}`}`;
}

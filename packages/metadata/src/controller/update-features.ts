// UpdateFeatures: finalized levels move up, or down where nothing that was written depends on them.
// Kafka: FeatureControlManager.updateFeatures and ConfigurationControlManager.updateFeatures; KIP-584, KIP-778.
import { ErrorCode } from '@ottla/protocol';
import type {
  UpdateFeaturesRequest,
  UpdateFeaturesResponse,
} from '@ottla/protocol/messages/update-features';
import {
  didMetadataChangeBetween,
  ELR_FEATURE,
  FEATURES,
  KRAFT_VERSION_FEATURE,
  METADATA_VERSION_FEATURE,
} from '../feature-levels.ts';
import { metadataRecord, type MetadataRecord } from '../metadata-record.ts';
import { ApiError, errorFieldsOf, NO_ERROR } from './api-error.ts';
import { type DecisionScope, metadataVersionOf } from './decision-scope.ts';
import { elrSafetyRecords } from './elr-configs.ts';
import { unsupportedBy } from './feature-support.ts';
import type { ControllerRequestContext, ControllerResult } from './operations.ts';

type FeatureUpdate = UpdateFeaturesRequest['featureUpdates'][number];

/** What a client allows, by its number on the wire; others are not known. */
const UpgradeType = { UPGRADE: 1, SAFE_DOWNGRADE: 2, UNSAFE_DOWNGRADE: 3 } as const;

/** Up to this version of the API there is a result for each feature. */
const FEATURE_RESULTS_VERSION_MAX = 1;

/** Decides on an UpdateFeatures request: all of it is done, or nothing. */
export function updateFeatures(
  scope: DecisionScope,
  request: UpdateFeaturesRequest,
  { apiVersion }: ControllerRequestContext,
): ControllerResult<UpdateFeaturesResponse> {
  const updates = new Map(request.featureUpdates.map((update) => [update.feature, update]));
  const proposed = new Map(scope.image.features);
  proposed.set(METADATA_VERSION_FEATURE, metadataVersionOf(scope));
  for (const { feature, maxVersionLevel } of updates.values())
    proposed.set(feature, maxVersionLevel);
  const records: MetadataRecord[] = [];
  const error = errorFieldsOf(() => {
    if ((updates.get(ELR_FEATURE)?.maxVersionLevel ?? 0) > 0)
      records.push(...elrSafetyRecords(scope));
    for (const update of updates.values()) {
      records.push(...updateFeature(scope, update, request.validateOnly, proposed));
    }
  });
  const response = responseOf(request, error, apiVersion);
  const isRefused = error !== NO_ERROR;
  return { records: isRefused || request.validateOnly ? [] : records, response };
}

function responseOf(
  { featureUpdates }: UpdateFeaturesRequest,
  error: typeof NO_ERROR,
  apiVersion: number,
): UpdateFeaturesResponse {
  if (error !== NO_ERROR) {
    const errorMessage = `The update failed for all features since the following feature had an error: ${error.errorMessage}`;
    return { throttleTimeMs: 0, errorCode: error.errorCode, errorMessage, results: [] };
  }
  const results =
    apiVersion > FEATURE_RESULTS_VERSION_MAX
      ? []
      : featureUpdates.map(({ feature }) => ({ feature, ...NO_ERROR }));
  return { throttleTimeMs: 0, ...NO_ERROR, results };
}

/** @throws ApiError INVALID_UPDATE_VERSION */
function updateFeature(
  scope: DecisionScope,
  update: FeatureUpdate,
  validateOnly: boolean,
  proposed: ReadonlyMap<string, number>,
): readonly MetadataRecord[] {
  const { feature, maxVersionLevel: level } = update;
  const upgradeType = upgradeTypeOf(update);
  if (!Object.values<number>(UpgradeType).includes(upgradeType)) {
    refuse(update, 'The controller does not support the given upgrade type.');
  }
  if (level < 0) refuse(update, 'A feature version cannot be less than 0.');
  const unsupported = unsupportedBy(scope, feature, level);
  if (unsupported !== undefined) refuse(update, unsupported);
  const current = currentLevel(scope, feature);
  if (level < current && upgradeType === UpgradeType.UPGRADE) {
    refuse(
      update,
      "Can't downgrade the version of this feature without setting the upgrade type to either safe or " +
        'unsafe downgrade.',
    );
  }
  if (level > current && upgradeType !== UpgradeType.UPGRADE) {
    refuse(update, "Can't downgrade to a newer version.");
  }
  if (feature === METADATA_VERSION_FEATURE) checkMetadataVersion(current, level, upgradeType);
  else if (feature === KRAFT_VERSION_FEATURE)
    return updateKraft(scope, update, current, validateOnly);
  else checkDependencies(update, proposed);
  return [metadataRecord('FeatureLevelRecord', { name: feature, featureLevel: level })];
}

function currentLevel(scope: DecisionScope, feature: string): number {
  if (feature === METADATA_VERSION_FEATURE) return metadataVersionOf(scope);
  if (feature === KRAFT_VERSION_FEATURE) return scope.options.kraftVersion();
  return scope.image.features.get(feature) ?? 0;
}

/** Version 0 knows only whether a downgrade is allowed. */
function upgradeTypeOf({ upgradeType, allowDowngrade }: FeatureUpdate): number {
  return allowDowngrade ? UpgradeType.SAFE_DOWNGRADE : upgradeType;
}

function checkMetadataVersion(current: number, level: number, upgradeType: number): void {
  if (level >= current || !didMetadataChangeBetween(level, current)) return;
  throw new ApiError(
    ErrorCode.INVALID_UPDATE_VERSION,
    `Unsupported metadata.version downgrade from ${current} to ${level}. ` +
      (upgradeType === UpgradeType.UNSAFE_DOWNGRADE
        ? 'Unsafe metadata downgrade is not supported in this version.'
        : 'Refusing to perform the requested downgrade because it might delete metadata information.'),
  );
}

/** The raft layer writes the new level itself; the NoOpRecord after it is what the answer waits for. */
function updateKraft(
  { options }: DecisionScope,
  update: FeatureUpdate,
  current: number,
  validateOnly: boolean,
): readonly MetadataRecord[] {
  const { maxVersionLevel: level } = update;
  if (upgradeTypeOf(update) !== UpgradeType.UPGRADE) {
    if (level !== current) refuse(update, "Can't downgrade the version of this feature.");
    return [];
  }
  if (level !== current) {
    const refused = options.upgradeKraftVersion(level, { validateOnly });
    if (refused !== undefined) refuse(update, refused);
  }
  return [metadataRecord('NoOpRecord', {})];
}

function checkDependencies(update: FeatureUpdate, proposed: ReadonlyMap<string, number>): void {
  const { feature, maxVersionLevel: level } = update;
  const needed = FEATURES.find(({ name }) => name === feature)?.metadataVersionMin ?? 0;
  if (level === 0 || (proposed.get(METADATA_VERSION_FEATURE) ?? 0) >= needed) return;
  refuse(
    update,
    `${feature} could not be set to ${level} because it depends on ${METADATA_VERSION_FEATURE} level ${needed}`,
  );
}

function refuse({ feature, maxVersionLevel }: FeatureUpdate, reason: string): never {
  throw new ApiError(
    ErrorCode.INVALID_UPDATE_VERSION,
    `Invalid update version ${maxVersionLevel} for feature ${feature}. ${reason}`,
  );
}

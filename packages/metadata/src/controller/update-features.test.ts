import { ErrorCode } from '@ottla/protocol';
import { beforeEach, describe, expect, it } from 'vitest';
import { incarnationOf, TEST_FEATURES, TestCluster } from '../../test/support/cluster.ts';
import { type ControllerResponse, createBootstrap } from '../index.ts';

const ELR = 'eligible.leader.replicas.version';
const MV = 'metadata.version';
const UPGRADE = 1;
const SAFE_DOWNGRADE = 2;
const UNSAFE_DOWNGRADE = 3;

let cluster: TestCluster;
beforeEach(() => {
  cluster = new TestCluster().startBrokers(1, 2);
});

type Update = readonly [feature: string, level: number, upgradeType?: number];

function update(
  updates: readonly Update[],
  { validateOnly = false, apiVersion = 2, allowDowngrade = false } = {},
): ControllerResponse<'updateFeatures'> {
  const featureUpdates = updates.map(([feature, maxVersionLevel, upgradeType = UPGRADE]) => ({
    feature,
    maxVersionLevel,
    allowDowngrade,
    upgradeType,
  }));
  return cluster.handle(
    'updateFeatures',
    { timeoutMs: 0, featureUpdates, validateOnly },
    apiVersion,
  );
}

const level = (feature: string): number => cluster.image.features.get(feature) ?? 0;

/** What is said of the one feature that was refused. */
function reason(...updates: Update[]): string | undefined {
  const before = cluster.nextOffset;
  const { errorCode, errorMessage } = update(updates);
  expect(errorCode).toBe(ErrorCode.INVALID_UPDATE_VERSION);
  expect(cluster.nextOffset).toBe(before);
  return errorMessage
    ?.replace(/^The update failed for all features since the following feature had an error: /, '')
    .replace(/^Invalid update version -?\d+ for feature [a-z.]+\. /, '');
}

describe('UpdateFeatures', () => {
  it('given levels that every node supports, then they are finalized', () => {
    expect(update([[ELR, 1]])).toEqual({
      throttleTimeMs: 0,
      errorCode: 0,
      errorMessage: null,
      results: [],
    });
    expect(level(ELR)).toBe(1);

    update([[ELR, 0, SAFE_DOWNGRADE]]);
    expect(level(ELR)).toBe(0);
  });

  it('given validateOnly, then nothing is written', () => {
    const before = cluster.nextOffset;

    expect(update([[ELR, 1]], { validateOnly: true }).errorCode).toBe(ErrorCode.NONE);
    expect(cluster.nextOffset).toBe(before);
  });

  it('given an old version of the API, then there is a result for each feature', () => {
    expect(update([[ELR, 1]], { apiVersion: 1 }).results).toEqual([
      { feature: ELR, errorCode: 0, errorMessage: null },
    ]);
    expect(update([[ELR, 0]], { apiVersion: 0, allowDowngrade: true }).errorCode).toBe(0);
  });

  it('given one bad feature among good ones, then none is changed', () => {
    expect(reason([ELR, 1], ['group.version', 1])).toBe(
      'Local controller 100 does not support this feature.',
    );
    expect(level(ELR)).toBe(0);
  });

  it.each([
    [
      'an upgrade type that nobody knows',
      [ELR, 1, 0],
      'The controller does not support the given upgrade type.',
    ],
    ['a negative level', [ELR, -1], 'A feature version cannot be less than 0.'],
    ['a level beyond ours', [ELR, 2], 'Local controller 100 only supports versions 0-1'],
    [
      'a downgrade to a higher level',
      [ELR, 1, SAFE_DOWNGRADE],
      "Can't downgrade to a newer version.",
    ],
    [
      'a downgrade that is not called one',
      [MV, 29],
      "Can't downgrade the version of this feature without setting the upgrade type to either safe or unsafe downgrade.",
    ],
  ] as ReadonlyArray<readonly [string, Update, string]>)('refuses %s', (_what, wanted, message) => {
    expect(reason(wanted)).toBe(message);
  });

  it('given a broker that lacks the level, then it is refused, and granted when that broker is gone', () => {
    cluster.register(3, { features: TEST_FEATURES.filter(({ name }) => name !== ELR) });
    expect(reason([ELR, 1])).toBe('Broker 3 does not support this feature.');

    cluster.handle('unregisterBroker', { brokerId: 3 });
    expect(update([[ELR, 1]]).errorCode).toBe(ErrorCode.NONE);
  });

  it('given other controllers, then each must have registered, with that level', () => {
    cluster = new TestCluster({ voterIds: () => [100, 101] });
    const controller = { zkMigrationReady: false, listeners: [], controllerId: 101 };
    const incarnationId = incarnationOf(101);
    expect(reason([ELR, 1])).toBe(
      'controller 101 has not registered, and may not support this feature',
    );

    cluster.handle('registerController', { ...controller, incarnationId, features: [] });
    expect(reason([ELR, 1])).toBe('Controller 101 does not support this feature.');

    cluster.handle('registerController', { ...controller, incarnationId, features: TEST_FEATURES });
    expect(update([[ELR, 1]]).errorCode).toBe(ErrorCode.NONE);
  });
});

describe('metadata.version', () => {
  it('given no record that the lower level cannot say, then it may go down and up', () => {
    cluster = new TestCluster({ bootstrap: createBootstrap({ [MV]: 29 }) });

    expect(update([[MV, 24, SAFE_DOWNGRADE]]).errorCode).toBe(ErrorCode.NONE);
    expect(level(MV)).toBe(24);
    expect(update([[MV, 30]]).errorCode).toBe(ErrorCode.NONE);
    expect(level(MV)).toBe(30);
  });

  it('given records that the lower level cannot say, then no downgrade is possible, be it unsafe', () => {
    const start = 'Unsupported metadata.version downgrade from 30 to 29. ';

    expect(reason([MV, 29, SAFE_DOWNGRADE])).toContain(
      `${start}Refusing to perform the requested downgrade`,
    );
    expect(reason([MV, 29, UNSAFE_DOWNGRADE])).toContain(`${start}Unsafe metadata downgrade`);
    expect(level(MV)).toBe(30);
  });

  it('given a feature that needs more of it, then both go up together or neither', () => {
    cluster = new TestCluster({ bootstrap: createBootstrap({ [MV]: 22 }) });

    expect(reason([ELR, 1])).toContain('depends on metadata.version level 23');
    expect(
      update([
        [ELR, 1],
        [MV, 30],
      ]).errorCode,
    ).toBe(ErrorCode.NONE);
    expect([level(ELR), level(MV)]).toEqual([1, 30]);
  });
});

describe('kraft.version', () => {
  const asked: Array<readonly [number, boolean]> = [];
  let refusal: string | undefined;

  beforeEach(() => {
    asked.length = 0;
    refusal = undefined;
    cluster = new TestCluster({
      kraftVersion: () => 0,
      upgradeKraftVersion: (version, { validateOnly }) => {
        asked.push([version, validateOnly]);
        return refusal;
      },
    });
  });

  it('given an upgrade, then the raft layer does it, and a record is there to wait for', () => {
    expect(update([['kraft.version', 1]]).errorCode).toBe(ErrorCode.NONE);

    expect(asked).toEqual([[1, false]]);
    expect(cluster.log.at(-1)?.records.map(({ type }) => type)).toEqual(['NoOpRecord']);
    expect(level('kraft.version')).toBe(0);
  });

  it('given validateOnly, then the raft layer is only asked', () => {
    update([['kraft.version', 1]], { validateOnly: true });

    expect(asked).toEqual([[1, true]]);
  });

  it('given a raft layer that refuses, or a downgrade, then it is refused', () => {
    refusal = 'not now';
    expect(reason(['kraft.version', 1])).toBe('not now');

    cluster = new TestCluster();
    expect(reason(['kraft.version', 0, SAFE_DOWNGRADE])).toBe(
      "Can't downgrade the version of this feature.",
    );
  });
});

// Whoever sets a config on every topic of a cluster asks for thousands of resources at once.
import { ConfigResourceType, EMPTY_IMAGE } from '@ottla/metadata';
import { ErrorCode } from '@ottla/protocol';
import { describe, expect, it } from 'vitest';
import type { BrokerServices } from '../server/broker-services.ts';
import { changeConfigs } from './config-changes.ts';

const services = {
  brokerId: 1,
  image: () => EMPTY_IMAGE,
  catchUp: { applied: () => Promise.resolve(true) },
} as unknown as BrokerServices;

const SET = [{ name: 'retention.ms', value: '1000', configOperation: 0 }];

describe('changes of configs', () => {
  it('given thousands of topics in one request, then each is decided without a look at all others', async () => {
    let looks = 0;
    const resources = Array.from({ length: 2_000 }, (_, n) => ({
      resourceType: ConfigResourceType.TOPIC,
      get resourceName() {
        looks += 1;
        return `topic-${n}`;
      },
      configs: SET,
    }));
    const results = await changeConfigs(
      services,
      { resources, validateOnly: false },
      async (rest) =>
        rest.map(({ resourceType, resourceName }, n) => ({
          errorCode: n === 7 ? ErrorCode.INVALID_CONFIG : ErrorCode.NONE,
          errorMessage: null,
          resourceType,
          resourceName,
        })),
    );
    expect(results.map(({ resourceName }) => resourceName)).toEqual(
      Array.from({ length: 2_000 }, (_, n) => `topic-${n}`),
    );
    expect(
      results.flatMap(({ errorCode }, n) => (errorCode === ErrorCode.NONE ? [] : [n])),
    ).toEqual([7]);
    expect(looks).toBeLessThan(20 * resources.length);
  });

  it('given a resource twice, then both are refused, and the others are decided', async () => {
    const topic = (resourceName: string) => ({
      resourceType: ConfigResourceType.TOPIC,
      resourceName,
      configs: SET,
    });
    const asked: string[] = [];
    const results = await changeConfigs(
      services,
      { resources: [topic('a'), topic('b'), topic('a')], validateOnly: false },
      async (rest) =>
        rest.map(({ resourceType, resourceName }) => {
          asked.push(resourceName);
          return { errorCode: 0, errorMessage: null, resourceType, resourceName };
        }),
    );
    expect(asked).toEqual(['b']);
    expect(results.map(({ resourceName, errorCode }) => [resourceName, errorCode])).toEqual([
      ['a', ErrorCode.INVALID_REQUEST],
      ['b', ErrorCode.NONE],
      ['a', ErrorCode.INVALID_REQUEST],
    ]);
  });
});

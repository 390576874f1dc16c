// Every control-plane API of both listeners × every version × every golden variant gets an answer that can be decoded.
import { ApiKey, loadMessages, Reader, requireApi } from '@ottla/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { goldenRequests, ProtocolClient, startTestServer } from '../../test/running-server.ts';
import { CONTROLLER_API_TABLE } from '../controller/controller-api-table.ts';
import type { EndPoint, RunningServer } from '../index.ts';

const CONTROL_PLANE = [
  ApiKey.ApiVersions,
  ApiKey.Metadata,
  ApiKey.DescribeCluster,
  ApiKey.DescribeTopicPartitions,
  ApiKey.CreateTopics,
  ApiKey.DeleteTopics,
  ApiKey.CreatePartitions,
  ApiKey.DescribeConfigs,
  ApiKey.AlterConfigs,
  ApiKey.IncrementalAlterConfigs,
  ApiKey.DescribeQuorum,
  ApiKey.ElectLeaders,
  ApiKey.AlterPartitionReassignments,
  ApiKey.ListPartitionReassignments,
  ApiKey.UpdateFeatures,
  ApiKey.UnregisterBroker,
];

let server: RunningServer;

beforeAll(async () => {
  server = await startTestServer();
});

afterAll(() => server.close());

async function answersAll(endPoint: EndPoint, apiKey: number): Promise<void> {
  const { minVersion, maxVersion } = requireApi(apiKey);
  const requests = goldenRequests(apiKey);
  const versions = Array.from({ length: maxVersion - minVersion + 1 }, (_, i) => minVersion + i);
  expect(new Set(requests.map(({ version }) => version))).toEqual(new Set(versions));
  for (const { version, body } of requests) {
    const client = await ProtocolClient.connect(endPoint);
    const answer = client.askRaw(apiKey, version, body);
    if (await canBeRead(apiKey, version, body)) expect(await answer).toBeTypeOf('object');
    else await expect(answer).rejects.toThrow('ended');
    client.close();
  }
}

/** Some golden values are integers beyond 2^53−1, which are refused wherever a number is expected: that ends the connection. */
async function canBeRead(apiKey: number, version: number, body: Buffer): Promise<boolean> {
  const { request } = await loadMessages(apiKey);
  try {
    request.decode(new Reader(body), version);
    return true;
  } catch {
    return false;
  }
}

describe('golden requests', () => {
  it.each(CONTROL_PLANE.map((key) => [requireApi(key).name, key] as const))(
    'given %s on a broker listener, then every version and variant is answered',
    (_name, key) => answersAll(server.endpoints[0]!, key),
  );

  it.each([...CONTROLLER_API_TABLE.keys()].map((key) => [requireApi(key).name, key] as const))(
    'given %s on a controller listener, then every version and variant is answered',
    (_name, key) => answersAll(server.controllerEndpoint, key),
  );
});

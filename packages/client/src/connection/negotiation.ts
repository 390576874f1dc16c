// Which versions a broker serves, asked once for each connection (KIP-35, KIP-511).
import { apiInfo, ErrorCode, type Reader } from '@ottla/protocol';
import {
  apiVersionsRequest,
  type ApiVersionsRequest,
  apiVersionsResponse,
  type ApiVersionsResponse,
} from '@ottla/protocol/messages/api-versions';
import { BrokerError } from '../errors.ts';
import type { Api } from './broker-connection.ts';

const SOFTWARE_NAME = 'ottla';
const SOFTWARE_VERSION = '0.1.0';

export class ServedVersions {
  readonly #ranges: ReadonlyMap<number, { readonly min: number; readonly max: number }>;

  constructor(response: ApiVersionsResponse) {
    this.#ranges = new Map(
      response.apiKeys.map(({ apiKey, minVersion, maxVersion }) => [
        apiKey,
        { min: minVersion, max: maxVersion },
      ]),
    );
  }

  /** The highest version that both sides know, up to `maxVersion`; undefined when there is none. */
  versionOf(apiKey: number, maxVersion: number): number | undefined {
    const theirs = this.#ranges.get(apiKey);
    const ours = apiInfo(apiKey);
    if (theirs === undefined || ours === undefined) return undefined;
    const version = Math.min(theirs.max, ours.maxVersion, maxVersion);
    return version >= Math.max(theirs.min, ours.minVersion) ? version : undefined;
  }
}

/** How the question is sent at a version. */
export type AskVersions = (
  api: Api<ApiVersionsRequest, ApiVersionsResponse>,
  version: number,
  request: ApiVersionsRequest,
) => Promise<ApiVersionsResponse>;

/** Asks at our newest version, and at version 0 when the broker does not know that. @throws BrokerError */
export async function negotiate(ask: AskVersions, broker: string): Promise<ServedVersions> {
  const request = apiVersionsRequest.create({
    clientSoftwareName: SOFTWARE_NAME,
    clientSoftwareVersion: SOFTWARE_VERSION,
  });
  const newest = apiInfo(apiVersionsRequest.apiKey!)!.maxVersion;
  let response = await ask(answeredAt(newest), newest, request);
  if (response.errorCode === ErrorCode.UNSUPPORTED_VERSION)
    response = await ask(answeredAt(0), 0, request);
  if (response.errorCode !== ErrorCode.NONE)
    throw new BrokerError(response.errorCode, undefined, { broker });
  return new ServedVersions(response);
}

/** A broker that does not know the version answers at version 0, error code first. */
function answeredAt(version: number): Api<ApiVersionsRequest, ApiVersionsResponse> {
  const decode = (reader: Reader): ApiVersionsResponse => {
    const errorCode = reader.buffer.readInt16BE(reader.position);
    return errorCode === ErrorCode.UNSUPPORTED_VERSION
      ? apiVersionsResponse.create({ errorCode })
      : apiVersionsResponse.decode(reader, version);
  };
  return { request: apiVersionsRequest, response: { name: apiVersionsResponse.name, decode } };
}

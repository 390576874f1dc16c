// Facts about each API: which versions there are, where it is served, and which headers its messages carry. The table
// itself is generated from the schemas.

import { API_FACTS, ApiKey } from '../gen/api-table.ts';

export { ApiKey };

/** Where an API is served. */
export type ApiListener = 'broker' | 'controller';

/** What the schemas say about an API. */
export interface ApiFacts {
  readonly name: string;
  /** First version, inclusive. */
  readonly minVersion: number;
  /** Last stable version, inclusive: what is advertised. */
  readonly maxVersion: number;
  /** Last version that there is a schema for, stable or not. */
  readonly latestVersion: number;
  /** First flexible version of the request; Infinity when there is none. */
  readonly flexibleFrom: number;
  /** First flexible version of the response; Infinity when there is none. */
  readonly responseFlexibleFrom: number;
  readonly listeners: readonly ApiListener[];
  /** Only for brokers and controllers among themselves. */
  readonly clusterAction: boolean;
  /** A broker may pass it on to the controller in an Envelope. */
  readonly forwardable: boolean;
}

/** {@link ApiFacts} with the number, and the header versions (KIP-482). */
export interface ApiInfo extends ApiFacts {
  readonly apiKey: number;
  /** 2 for flexible requests, 1 otherwise; defined for versions beyond the last as well. */
  requestHeaderVersion(version: number): 1 | 2;
  /** 1 for flexible responses, 0 otherwise; always 0 for ApiVersions (KIP-511). */
  responseHeaderVersion(version: number): 0 | 1;
}

const infos = new Map<number, ApiInfo>();
for (const [key, facts] of Object.entries(API_FACTS))
  infos.set(Number(key), infoOf(Number(key), facts));

/** Facts about an API; `undefined` for a number that has no versions (never had, or not any more). */
export function apiInfo(apiKey: number): ApiInfo | undefined {
  return infos.get(apiKey);
}

/** All APIs that have versions, by ascending number. */
export function allApis(): readonly ApiInfo[] {
  return [...infos.values()];
}

function infoOf(apiKey: number, facts: ApiFacts): ApiInfo {
  // A client that cannot know the server's versions yet must be able to read the answer, whatever its version.
  const responseFlexibleFrom =
    apiKey === ApiKey.ApiVersions ? Infinity : facts.responseFlexibleFrom;
  return {
    ...facts,
    apiKey,
    requestHeaderVersion: (version) => (version >= facts.flexibleFrom ? 2 : 1),
    responseHeaderVersion: (version) => (version >= responseFlexibleFrom ? 1 : 0),
  };
}

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { allApis, ApiKey, apiInfo } from './api-info.ts';

const table = readFileSync(new URL('../../test/golden/apis.md', import.meta.url), 'utf8');
/** key, name, versions, stable versions, flexible from, broker, controller, request header, response header, flags */
const rows = table
  .split('\n')
  .map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  )
  .filter(([key]) => /^\d+$/.test(key ?? ''));

const range = (text: string): [number, number] => {
  const [first, last = first] = text.split('-').map(Number);
  return [first!, last!];
};

describe('apiInfo', () => {
  it('given the table of Kafka 4.3.1, then all 93 keys have their numbers', () => {
    expect(rows).toHaveLength(93);
    expect(Object.entries(ApiKey).map(([name, key]) => [String(key), name])).toEqual(
      rows.map(([key, name]) => [key, name]),
    );
  });

  it('given the table of Kafka 4.3.1, then versions, listeners and flags agree', () => {
    for (const [key, name, versions, stable, flexible, broker, controller, , , flags] of rows) {
      const info = apiInfo(Number(key));
      if (versions === '-') {
        expect(info, name).toBeUndefined();
        continue;
      }
      const listeners = [
        broker === 'x' ? ['broker'] : [],
        controller === 'x' ? ['controller'] : [],
      ];
      expect(info, name).toMatchObject({
        apiKey: Number(key),
        name,
        minVersion: range(stable!)[0],
        maxVersion: range(stable!)[1],
        latestVersion: range(versions!)[1],
        flexibleFrom: flexible === 'none' ? Infinity : Number(flexible),
        clusterAction: flags!.includes('C'),
        forwardable: flags!.includes('F'),
      });
      expect(new Set(info!.listeners), name).toEqual(new Set(listeners.flat()));
    }
    expect(allApis()).toHaveLength(89);
  });

  it('given the table of Kafka 4.3.1, then the header versions agree', () => {
    for (const [key, name, , , , , , requests, responses] of rows) {
      const info = apiInfo(Number(key));
      for (const part of requests!.split(', ').filter(Boolean)) {
        const [versions, header] = part.slice(1).split(': ');
        for (const version of range(versions!))
          expect(info!.requestHeaderVersion(version), `${name} ${version}`).toBe(Number(header));
      }
      for (const part of responses!.split(', ').filter(Boolean)) {
        const [versions, header] = part.slice(1).split(': ');
        for (const version of range(versions!))
          expect(info!.responseHeaderVersion(version), `${name} ${version}`).toBe(Number(header));
      }
    }
  });

  it('given a number that is no API, then there is nothing', () => {
    expect(apiInfo(-1)).toBeUndefined();
    expect(apiInfo(93)).toBeUndefined();
  });
});

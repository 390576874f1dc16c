import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ErrorCode } from './error-code.ts';
import { allErrors, errorInfo } from './error-info.ts';

interface KafkaError {
  code: number;
  name: string;
  retriable: boolean;
  refreshRetriable: boolean;
  invalidMetadata: boolean;
}

const kafka = JSON.parse(
  readFileSync(new URL('../../test/golden/errors.json', import.meta.url), 'utf8'),
) as KafkaError[];

describe('errorInfo', () => {
  it('given the errors of Kafka 4.3.1, then numbers, names and kinds agree', () => {
    const facts = ({ code, name, retriable, refreshRetriable, invalidMetadata }: KafkaError) => ({
      code,
      name,
      retriable,
      refreshRetriable,
      invalidMetadata,
    });
    expect(allErrors().map(facts)).toEqual(kafka.map(facts));
  });

  it('given any error, then its description is one sentence, and no other error has it', () => {
    const descriptions = allErrors().map(({ description }) => description);
    for (const description of descriptions) expect(description).toMatch(/^[a-zA-Z].*\.$/);
    expect(new Set(descriptions).size).toBe(descriptions.length);
  });

  it('given a number that Kafka does not have, then it is an unknown server error', () => {
    expect(errorInfo(9999).code).toBe(ErrorCode.UNKNOWN_SERVER_ERROR);
  });
});

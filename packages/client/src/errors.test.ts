import { ErrorCode } from '@ottla/protocol';
import { describe, expect, it } from 'vitest';
import { BrokerError } from './errors.ts';

describe('BrokerError', () => {
  it('says what the broker said, about whom, and the name of the code', () => {
    const code = ErrorCode.INVALID_REPLICATION_FACTOR;
    const said = 'Only 3 brokers are registered.';
    expect(new BrokerError(code, said, { topic: 'orders' }).message).toBe(
      'Only 3 brokers are registered: topic orders (INVALID_REPLICATION_FACTOR)',
    );
    expect(new BrokerError(code, said).message).toBe(
      'Only 3 brokers are registered. (INVALID_REPLICATION_FACTOR)',
    );
  });
});

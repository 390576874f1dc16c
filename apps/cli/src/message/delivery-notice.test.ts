import { ConnectionError, type HeldPartition, KafkaError } from '@ottla/client';
import { describe, expect, it } from 'vitest';
import { DeliveryNotice } from './delivery-notice.ts';

const LIMIT = 'It is tried again and again; a message that waits for 120 s ends this command.\n';

function held(heldMs: number, about: Partial<HeldPartition> = {}): HeldPartition {
  return { topic: 'orders', partition: 0, heldMs, leaderId: 1, error: undefined, ...about };
}

const tooFew = new KafkaError(
  'NOT_ENOUGH_REPLICAS',
  'Fewer replicas are in sync than demanded',
  true,
);

/** What is said at second `second` when these are held. */
function speaker() {
  const notice = new DeliveryNotice(120_000);
  return (second: number, partitions: readonly HeldPartition[], askingMs?: number) =>
    notice.look(second * 1000, { held: partitions, askingMs });
}

describe('DeliveryNotice', () => {
  it('given what is acknowledged within seconds, then says nothing', () => {
    const say = speaker();
    expect([say(0, []), say(2, [held(2_999)]), say(3, [])]).toEqual(['', '', '']);
  });

  it('given a partition without a leader, then says so once, and when it goes on', () => {
    const say = speaker();
    const leaderless = { leaderId: -1 };
    expect(say(3, [held(3_000, leaderless)])).toBe(
      'waiting with orders-0: no broker leads it now\nStart the brokers that are down; `ottla topic describe orders` shows who may lead.\n' +
        LIMIT,
    );
    expect(say(20, [held(20_000, leaderless)])).toBe('');
    expect(say(21, [held(100)])).toBe('going on after 21 s\n');
    expect(say(22, [])).toBe('');
  });

  it('given too few replicas, then says what would help', () => {
    expect(
      speaker()(3, [
        held(3_000, { error: tooFew }),
        held(3_000, { partition: 1, error: tooFew }),
        held(100, { partition: 2 }),
      ]),
    ).toBe(
      'waiting with orders-0 and 1 more: Fewer replicas are in sync than demanded\n' +
        'Start brokers that are down, or lower min.insync.replicas of the topic; `ottla topic describe` shows who is in sync.\n' +
        LIMIT,
    );
  });

  it('given another reason, then says it too, but not every second', () => {
    const say = speaker();
    expect(say(3, [held(3_000)])).toMatch(/^waiting with orders-0: broker 1 does not answer\n/);
    const error = new ConnectionError('ECONNREFUSED', 'broker 1 refused the connection');
    const refused = [held(5_000, { error })];
    expect(say(5, refused)).toBe('');
    expect(say(13, refused)).toBe(
      'waiting with orders-0: broker 1 refused the connection\n`ottla cluster status` shows which brokers are active.\n',
    );
    expect(say(14, refused)).toBe('');
    expect(say(15, [])).toBe('going on after 15 s\n');
  });

  it('given that nobody tells which topics there are, then says so', () => {
    const say = speaker();
    expect(say(3, [], 2_999)).toBe('');
    expect(say(4, [], 3_999)).toBe(
      'waiting: no broker answers\n`ottla cluster status` shows which brokers are active.\n',
    );
  });
});

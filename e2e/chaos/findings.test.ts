// Against whom a finding speaks.
import { describe, expect, it } from 'vitest';
import type { Anomaly, Verdict } from '../../tools/history/anomaly.ts';
import type { Operation } from '../../tools/history/operation.ts';
import { findingsOf, LOADS, unabsorbed, type Violation } from './findings.ts';

const CONTROL = 'Apache Kafka 4.3.1';
const BOTH = LOADS;

function verdict(...anomalies: readonly Anomaly[]): Verdict {
  const counts = { sent: 0, acknowledged: 0, failed: 0, unknown: 0, read: 0, commits: 0 };
  return { isClean: anomalies.length === 0, counts: {}, anomalies, ...counts };
}

function sides(
  cluster: string,
  anomalies: readonly Anomaly[],
  violations: readonly Violation[] = [],
): string[] {
  return findingsOf(cluster, BOTH, verdict(...anomalies), violations).map(({ against }) => against);
}

const swapped = (load: string): Anomaly => ({
  kind: 'reorder',
  message: `"${load}-producer-1-7" was sent before "${load}-producer-1-6"`,
});
const unanswered = (load: 'ottla' | 'java'): Violation => ({ message: 'records met errors', load });

describe('findings', () => {
  it('given nodes of Ottla, then all of it speaks against Ottla', () => {
    const anomalies = [swapped('java')];
    const violations = [{ message: 'node 1 ended by itself' }, unanswered('java')];
    expect(sides('Ottla', anomalies, violations)).toEqual(['Ottla', 'Ottla', 'Ottla']);
  });

  it('given the control, then what its nodes did speaks against it, whoever had sent what was lost', () => {
    const anomalies: Anomaly[] = [{ kind: 'lost-write', message: '"ottla-producer-1-7" was …' }];
    const violations = [{ message: 'node 1 ended by itself' }];
    expect(sides(CONTROL, anomalies, violations)).toEqual([CONTROL, CONTROL]);
  });

  it('given the control, then what the Java client met as well speaks against it', () => {
    expect(sides(CONTROL, [swapped('ottla'), swapped('java')])).toEqual([CONTROL, CONTROL]);
    const violations = [unanswered('ottla'), unanswered('java')];
    expect(sides(CONTROL, [], violations)).toEqual([CONTROL, CONTROL]);
  });

  it('given the control, then what our client alone met speaks against Ottla', () => {
    expect(sides(CONTROL, [swapped('ottla')])).toEqual(['Ottla']);
    const owners = 'orders-1 belongs to ottla-member-1 and ottla-member-2 in generation 3';
    expect(sides(CONTROL, [{ kind: 'two-owners', message: owners }])).toEqual(['Ottla']);
    expect(sides(CONTROL, [], [unanswered('ottla')])).toEqual(['Ottla']);
  });
});

describe('records without an acknowledgement', () => {
  const send = (process: string, value: string, type: 'invoke' | 'ok' | 'info'): Operation =>
    type === 'invoke'
      ? { at: 1, process, op: 'send', type, topic: 't', partition: 0, value }
      : { at: 2, process, op: 'send', type, value };

  it('are counted by load', () => {
    const operations = [
      send('ottla-producer-1', 'a', 'invoke'),
      send('ottla-producer-1', 'a', 'ok'),
      send('java-producer-1', 'b', 'invoke'),
      send('java-producer-1', 'b', 'info'),
      send('java-producer-1', 'c', 'invoke'),
    ];
    const [violation, ...others] = unabsorbed(operations);
    expect(others).toEqual([]);
    expect(violation).toMatchObject({ load: 'java' });
    expect(violation?.message).toContain('2 of 2 records');
  });
});

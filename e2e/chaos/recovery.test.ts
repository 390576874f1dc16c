// How recovery figures are read out of a history.
import { expect, it } from 'vitest';
import type { Operation } from '../../tools/history/operation.ts';
import { recoveries } from './recovery.ts';

/** One record: sent at a time, acknowledged at another. */
function sent(partition: number, at: number, acknowledgedAt: number): Operation[] {
  const value = `${partition}-${at}`;
  const process = 'p';
  return [
    { at, process, op: 'send', type: 'invoke', topic: 't', partition, value },
    { at: acknowledgedAt, process, op: 'send', type: 'ok', value, offset: at },
  ];
}

const kill = { at: 100, fault: 'kill', node: 1, led: [0], wasController: true };

it('given a kill, then each partition counts from there to the first acknowledgement of what was sent later', () => {
  const operations = [
    ...sent(0, 90, 130),
    ...sent(0, 110, 2_100),
    ...sent(0, 120, 2_050),
    ...sent(1, 105, 600),
  ];
  expect(recoveries(operations, [kill], 2)).toEqual([
    { node: 1, wasController: true, ledMs: 1_950, allMs: 1_950, newControllerMs: undefined },
  ]);
});

it('given that nothing is acknowledged any more, then there is no figure', () => {
  const [recovery] = recoveries(sent(0, 90, 130), [kill], 1);
  expect(recovery).toMatchObject({ ledMs: undefined, allMs: undefined });
});

it('given faults that are no kills, then they have no figures', () => {
  expect(recoveries([], [{ at: 1, fault: 'pause', node: 1 }], 1)).toEqual([]);
});

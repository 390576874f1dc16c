import { ErrorCode } from '@ottla/protocol';
import { describe, expect, it } from 'vitest';
import type { Voter } from '../replica.ts';
import { Refusals } from './refusals.ts';

/** Known by its address only, as from controller.quorum.bootstrap.servers. */
const STRANGER: Voter = {
  id: -2,
  directoryId: '',
  endpoints: [{ name: 'CONTROLLER', host: 'one.example', port: 9093 }],
};

function refusals() {
  const lines: string[] = [];
  let nowMs = 0;
  const told = (level: string) => (message: string) => void lines.push(`${level}: ${message}`);
  const logger = { debug: told('debug'), info: told('info'), warn: told('warn') };
  const sink = { ...logger, error: told('error'), child: () => sink };
  const one = new Refusals({ monotonicMs: () => nowMs }, sink, 'mine');
  return { one, lines, pass: (ms: number) => void (nowMs += ms) };
}

describe('refusals of the metadata log', () => {
  it('given a node that refuses many times a second, then says so once a minute, by its address', () => {
    const { one, lines, pass } = refusals();
    for (let n = 0; n < 50; n += 1) {
      one.tell(STRANGER, ErrorCode.INCONSISTENT_CLUSTER_ID);
      pass(20);
    }
    expect(lines).toEqual([
      'error: one.example:9093 belongs to another cluster, this node was formatted for mine: check controller.quorum.bootstrap.servers and log.dirs',
    ]);
    pass(60_000);
    one.tell(STRANGER, ErrorCode.INCONSISTENT_CLUSTER_ID);
    expect(lines).toHaveLength(2);
  });

  it('given another reason, or the same after an answer, then says that', () => {
    const { one, lines } = refusals();
    one.tell(STRANGER, ErrorCode.UNKNOWN_SERVER_ERROR);
    one.tell(STRANGER, ErrorCode.INVALID_REQUEST);
    expect(lines).toHaveLength(2);
    one.forget(STRANGER);
    one.tell(STRANGER, ErrorCode.UNKNOWN_SERVER_ERROR);
    expect(lines.at(-1)).toBe('warn: one.example:9093 refuses to give the metadata log');
    expect(lines).toHaveLength(3);
  });
});

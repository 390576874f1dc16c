import { KafkaError, TimeoutError } from '@ottla/client';
import { NetError } from '@ottla/platform';
import { describe, expect, it } from 'vitest';
import { usageError } from './cli-error.ts';
import { explainError, reportError } from './explain-error.ts';
import type { CliIo } from './io.ts';

describe('explainError', () => {
  it('given a refused connection deep in the causes, then says how to see who is there', () => {
    const refused = new NetError('ECONNREFUSED', 'connect 127.0.0.1:9094');
    const error = new Error('cannot talk to\n  127.0.0.1:9094', { cause: refused });
    expect(explainError(error)).toEqual({
      message: 'cannot talk to 127.0.0.1:9094',
      next: '`ottla cluster status` shows which brokers are active.',
      exitCode: 1,
    });
  });

  it('given a call that nobody answered, then says where to look; a reason of its own goes before that', () => {
    const timedOut = (cause?: Error) =>
      new TimeoutError('REQUEST_TIMED_OUT', 'did not succeed', { cause });
    expect(explainError(timedOut()).next).toContain('whether there is a controller');
    const refused = new NetError('ECONNREFUSED', 'connect 127.0.0.1:9094');
    const leaderless = new KafkaError('LEADER_NOT_AVAILABLE', 'no leader', true);
    expect(explainError(timedOut(leaderless)).next).toContain('who may lead');
    expect(explainError(timedOut(refused)).next).toBe(
      '`ottla cluster status` shows which brokers are active.',
    );
  });

  it('given an error of the command line, then exits with 2', () => {
    expect(explainError(usageError('wrong', 'do this'))).toMatchObject({
      message: 'wrong',
      next: 'do this',
      exitCode: 2,
    });
  });

  it('given a key that nobody knows, then says how plug-ins of Apache Kafka keep theirs', () => {
    const error = new Error('Unknown broker config name: foo.bar');
    error.name = 'ConfigError';
    expect(explainError(error)).toEqual({
      message: 'Unknown broker config name: foo.bar',
      next: 'Keys of plug-ins pass with --allow-unknown; they have no effect.',
      exitCode: 2,
    });
  });

  it('given causes that form a circle, then ends', () => {
    const error = new Error('round');
    error.cause = error;
    expect(explainError(error).message).toBe('round');
  });

  it('given something that is no error, then says it', () => {
    expect(explainError('odd')).toMatchObject({ message: 'odd', exitCode: 1 });
  });
});

describe('reportError', () => {
  const lines: string[] = [];
  const io = (env: Record<string, string>) =>
    ({ env, stderr: { write: (text: string) => void lines.push(text) } }) as unknown as CliIo;

  it('given any error, then prints no stack, unless OTTLA_DEBUG=1', () => {
    expect(reportError(new TypeError('broken'), io({}))).toBe(1);
    expect(lines.splice(0)).toEqual(['ottla: broken\n']);
    reportError(new TypeError('broken'), io({ OTTLA_DEBUG: '1' }));
    expect(lines.join('')).toContain('    at ');
  });
});

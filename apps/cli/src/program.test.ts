import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { commandReference } from '../test/command-reference.ts';
import { ottla } from '../test/cli.ts';
import { examplesOf } from './examples.ts';
import { buildProgram, everyCommand, pathOf } from './program.ts';
import { version } from './version.ts';

const commands = everyCommand(buildProgram({} as never));
const folder = path.resolve(import.meta.dirname, '..');

describe('every command', () => {
  it.each(commands.map((command) => [pathOf(command), command] as const))(
    '%s has a description and two examples or more',
    (_, command) => {
      expect(command.description()).not.toBe('');
      expect(examplesOf(command).length).toBeGreaterThanOrEqual(2);
      for (const [purpose, line] of examplesOf(command)) {
        expect(purpose).not.toBe('');
        expect(line).toMatch(/\bottla /);
      }
    },
  );

  it.each(commands.filter(({ commands: below }) => below.length === 0).map((one) => [pathOf(one)]))(
    '%s prints help with its examples',
    async (name) => {
      const help = await ottla([...name.split(' ').slice(1), '--help']);
      expect(help.code).toBe(0);
      expect(help.stdout).toContain(`Usage: ${name}`);
      expect(help.stdout).toContain('Examples:');
      expect(help.stderr).toBe('');
    },
  );

  it('has examples that its own options accept', () => {
    for (const command of commands)
      for (const [, line] of examplesOf(command)) {
        const longOptions = line.matchAll(/ (--[a-z-]+)/g);
        const known = commands.flatMap(({ options }) => options.map(({ long }) => long));
        for (const [, option] of longOptions) expect(known, line).toContain(option);
      }
  });

  it('is listed in the README as its help has it', () => {
    const readme = readFileSync(path.join(folder, 'README.md'), 'utf8');
    expect(
      readme.includes(commandReference()),
      'stale; apps/cli/test/command-reference.ts, run as a program, writes it anew',
    ).toBe(true);
  });
});

describe('the command line', () => {
  it('given --version, then prints it', async () => {
    expect(await ottla(['--version'])).toMatchObject({ code: 0, stdout: `${version}\n` });
  });

  it.each([
    [['consum'], "unknown command 'consum'\n(Did you mean consume?)"],
    [['topic', 'create'], "missing required argument 'topic'"],
    [
      ['topic', 'create', 't', '--partition', '3'],
      "unknown option '--partition'\n(Did you mean --partitions?)",
    ],
    [['topic', 'create', 't', '--partitions', 'x'], 'It must be a whole number of at least 1.'],
    [['topic', 'create', 't', '--config', 'x'], 'It must be key=value.'],
    [['dev', '--port', '65536'], 'It must be a whole number from 0 to 65535.'],
    [['config', 'describe', 'host', 'a'], 'Allowed choices are topic, broker.'],
  ])('given %j, then says what is wrong and exits with 2', async (argv, message) => {
    const outcome = await ottla(argv);
    expect(outcome.code).toBe(2);
    expect(outcome.stderr).toContain(message);
    expect(outcome.stderr).toMatch(/See `ottla.*--help`\.\n$/);
    expect(outcome.stdout).toBe('');
  });

  it.each([
    [['help'], ['--help']],
    [
      ['help', 'cluster', 'add'],
      ['cluster', 'add', '--help'],
    ],
    [
      ['cluster', 'help', 'add'],
      ['cluster', 'add', '--help'],
    ],
    [
      ['topic', 'help'],
      ['topic', '--help'],
    ],
  ])('given %j, then does what %j does', async (words, option) => {
    const helped = await ottla(words);
    expect(helped.code).toBe(0);
    expect(helped.stdout).toBe((await ottla(option)).stdout);
  });

  it('answers help from source without loading more than commander', () => {
    const script = `
      const loaded = [];
      const { registerHooks } = await import('node:module');
      registerHooks({ load(url, context, next) { loaded.push(url); return next(url, context); } });
      process.argv[1] = 'ottla'; process.argv[2] = '--help';
      const startMs = performance.now();
      await import(${JSON.stringify(`file://${folder}/src/main.ts`)});
      console.error(JSON.stringify({ loaded, ms: performance.now() - startMs }));`;
    const result = spawnSync(
      process.execPath,
      ['--conditions=@ottla/source', '--input-type=module', '-e', script, '--', '--help'],
      { encoding: 'utf8' },
    );
    const { loaded, ms } = JSON.parse(result.stderr) as { loaded: string[]; ms: number };
    console.log(`ottla --help: ${ms.toFixed(0)} ms after the start of Node`);
    const allowed = /^node:|\/apps\/cli\/(src\/|package\.json)|\/commander\//;
    expect(loaded.filter((url) => !allowed.test(url))).toEqual([]);
  });
});

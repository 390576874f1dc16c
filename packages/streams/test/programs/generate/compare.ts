// Compares new random programs with Kafka's own TopologyTestDriver, from the repository's root:
//   node --conditions=@ottla/source packages/streams/test/programs/generate/compare.ts <first seed> <how many>
// Prints each program that differs with the first line that does, and exits with 1. With `--golden` it prints the programs as
// ../../golden/dsl-programs.json has them.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { classPathOf } from '../../../../../e2e/src/toolchain.ts';
import { runProgram } from '../run-program.ts';
import { type RandomProgram, randomProgram } from './random-program.ts';

const numbers = process.argv.slice(2).filter((argument) => !argument.startsWith('--'));
const [first = 1, count = 100] = numbers.map(Number);
const programs = Array.from({ length: count }, (_, index) => randomProgram(first + index));
const theirs = runByKafka(programs);
if (process.argv.includes('--golden')) printGolden();
else compare();

function compare(): void {
  let different = 0;
  let refused = 0;
  for (const [index, program] of programs.entries()) {
    const kafka = theirs[index]!;
    const ours = runHere(program);
    if (kafka.at(-1)!.startsWith('ERROR')) refused += 1;
    const at = kafka.findIndex((line, place) => !isSame(line, ours[place]));
    if (at < 0 && ours.length === kafka.length) continue;
    different += 1;
    console.log(`seed ${first + index}: ${program.program.join('; ')}`);
    console.log(`  kafka: ${kafka[at] ?? '(nothing)'}\n  ours:  ${ours[at] ?? '(nothing)'}`);
  }
  console.log(`${count} programs, ${refused} refused by Kafka, ${different} different`);
  process.exitCode = different === 0 ? 0 : 1;
}

/** Where Kafka refuses, we do; in words of our own. */
function isSame(kafka: string, ours: string | undefined): boolean {
  return kafka === ours || (kafka.startsWith('ERROR') && ours?.startsWith('ERROR') === true);
}

function runHere({ program, inputs }: RandomProgram): string[] {
  const lines: string[] = [];
  try {
    const { dropped, topicsWritten } = runProgram(program, inputs, (line) => lines.push(line));
    return [...lines, `dropped ${dropped}`, ['topics', ...topicsWritten].join(' ')];
  } catch (error) {
    return [...lines, `ERROR ${String(error)}`];
  }
}

function runByKafka(all: readonly RandomProgram[]): string[][] {
  const folder = mkdtempSync(path.join(tmpdir(), 'ottla-programs-'));
  try {
    const input = path.join(folder, 'programs');
    const output = path.join(folder, 'results');
    writeFileSync(
      input,
      all
        .map(({ program, inputs }) => [...program, 'build', ...inputs, '---\n'].join('\n'))
        .join(''),
    );
    const classPath = classPathOf(path.join(import.meta.dirname, 'pom.xml'));
    const source = path.join(import.meta.dirname, 'RunPrograms.java');
    const state = path.join(folder, 'state');
    execFileSync('java', ['-cp', classPath, source, input, output, state], { stdio: 'inherit' });
    const results = readFileSync(output, 'utf8').split('---\n').slice(0, -1);
    return results.map((result) => result.trimEnd().split('\n'));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function printGolden(): void {
  const golden = programs.map(({ program }, index) => {
    const lines = theirs[index]!;
    const run = lines.findIndex((line) => line.startsWith('in '));
    const end = lines.findIndex((line) => line.startsWith('dropped '));
    return {
      program,
      description: lines.slice(0, run),
      run: lines.slice(run, end),
      dropped: Number(lines[end]!.slice('dropped '.length)),
      topicsWritten: lines[end + 1]!.split(' ').slice(1).filter(Boolean),
    };
  });
  console.log(JSON.stringify(golden, undefined, 1));
}

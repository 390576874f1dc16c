// The list of commands as the README has it, made from the command tree. Run this file to bring the README up to date:
//   node --conditions=@ottla/source apps/cli/test/command-reference.ts
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { buildProgram, everyCommand, pathOf } from '../src/program.ts';

const BEGIN = '<!-- commands: made by test/command-reference.ts -->';
const END = '<!-- end of commands -->';

/** A list item for each command that does something, between two marks. */
export function commandReference(): string {
  const commands = everyCommand(buildProgram({} as never)).filter(
    (one) => one.commands.length === 0,
  );
  const rows = commands.map((command) => {
    const words = command.registeredArguments.map((argument) => {
      const name = `${argument.name()}${argument.variadic ? '…' : ''}`;
      return argument.required ? `<${name}>` : `[${name}]`;
    });
    const options = command.options
      .filter(({ hidden }) => !hidden)
      .map(({ long, short }) => `\`${long ?? short}\``);
    const summary = command.description().replaceAll('\n', ' ');
    const title = `- \`${[pathOf(command), ...words].join(' ')}\`: ${summary}`;
    // A command without options has one line: the formatter takes blanks at the end of a line away.
    return options.length === 0 ? title : `${title}\n  ${options.join(' ')}`;
  });
  return [BEGIN, '', ...rows, '', END].join('\n');
}

if (process.argv[1] === import.meta.filename) {
  const file = path.resolve(import.meta.dirname, '../README.md');
  const text = readFileSync(file, 'utf8');
  const before = text.slice(0, text.indexOf(BEGIN));
  const after = text.slice(text.indexOf(END) + END.length);
  writeFileSync(file, `${before}${commandReference()}${after}`);
}

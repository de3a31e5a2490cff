import { EXIT_MEANINGS } from '../exit-codes.js';
import { indented, table } from '../output/table.js';
import { SECTIONS, type Command, type OptionSpecs } from './command.js';

const TITLE = 'login-policy: look into a store of login policies, change them, keep them as code, operate it.';

/** What the whole program does. */
export function overview(commands: readonly Command[]): string {
  const sections = SECTIONS.map((section) => {
    const rows = commands.filter((command) => command.section === section).map(({ name, summary }) => [name, summary]);
    return rows.length === 0 ? '' : `${section}\n${indented(table(rows))}\n`;
  });
  return [
    `${TITLE}\n\n`,
    'Usage: login-policy COMMAND [OPTIONS]\n\n',
    ...sections,
    'login-policy COMMAND --help explains a command, with examples.\n',
    'Secrets never stand in arguments: a URL with a password goes into LOGIN_POLICY_STORE or a file.\n',
  ].join('');
}

/** What one command does. */
export function helpOf(command: Command): string {
  return explained(command, indented(table(optionRows(command.options))));
}

function explained(command: Command, options: string): string {
  const { name, summary, details = [], arguments: words = [], examples } = command;
  const shape = words.map((word) => (word.isOptional === true ? ` [${word.name}]` : ` ${word.name}`)).join('');
  const described =
    words.length === 0 ? '' : `\nArguments\n${indented(table(words.map(({ name: word, is }) => [word, is])))}`;
  return [
    `${summary}\n\nUsage: login-policy ${name}${shape} [OPTIONS]\n`,
    ...details.map((paragraph) => `\n${paragraph}\n`),
    described,
    `\nOptions\n${options}`,
    `\nExamples\n${indented(examples.map((example) => `${example}\n`).join(''))}`,
  ].join('');
}

/** An option as it is given, and what it does. */
type OptionRow = readonly [string, string];

/** The options of a command with what they do. */
export function optionRows(options: OptionSpecs): readonly OptionRow[] {
  return Object.entries(options).map(([name, { value, is, variable }]) => [
    value === undefined ? `--${name}` : `--${name} ${value}`,
    variable === undefined ? is : `${is} Default: ${variable} of the environment.`,
  ]);
}

/** The reference of all commands and exit codes as a page of Markdown. */
export function referencePage(commands: readonly Command[]): string {
  const shared = sharedRows(commands);
  const longest = Math.max(...Object.values(EXIT_MEANINGS).map((meaning) => meaning.length));
  const row = (code: string, meaning: string): string => `| ${code.padEnd(4)} | ${meaning.padEnd(longest)} |\n`;
  const codes = Object.entries(EXIT_MEANINGS).map(([code, meaning]) => row(code, meaning));
  const sections = SECTIONS.flatMap((section) => {
    const here = commands.filter((command) => command.section === section);
    const texts = here.map(
      (command) =>
        `### \`${command.name}\`\n\n\`\`\`text\n${explained(command, briefOptions(command, shared))}\`\`\`\n\n`,
    );
    return here.length === 0 ? [] : [`## ${section}\n\n`, ...texts];
  });
  return [
    '# Commands and exit codes\n\n',
    'Printed by `login-policy reference`; a test holds this page to it. `login-policy COMMAND --help` explains a command in full.\n\n',
    `## Common options\n\nThey mean the same wherever a command names them.\n\n\`\`\`text\n${table([...shared.values()])}\`\`\`\n\n`,
    ...sections,
    `## Exit codes\n\n${row('code', 'meaning')}${row('----', '-'.repeat(longest))}`,
    ...codes,
  ].join('');
}

/** A command's own options, and the names of those that several commands share. */
function briefOptions({ options }: Command, shared: ReadonlyMap<string, OptionRow>): string {
  const rows = optionRows(options);
  const common = rows.filter((row) => shared.has(row.join()));
  const names = common.map(([option]) => option.split(' ')[0]).join(', ');
  const own = indented(table(rows.filter((row) => !shared.has(row.join()))));
  return common.length === 0 ? own : `${own}  Common: ${names}\n`;
}

/** The options that mean the same in at least three commands. */
function sharedRows(commands: readonly Command[]): ReadonlyMap<string, OptionRow> {
  const seen = new Map<string, { readonly row: OptionRow; readonly count: number }>();
  for (const row of commands.flatMap(({ options }) => optionRows(options))) {
    const found = seen.get(row.join()) ?? { row, count: 0 };
    seen.set(row.join(), { row, count: found.count + 1 });
  }
  return new Map([...seen].filter(([, { count }]) => count >= 3).map(([key, { row }]) => [key, row]));
}

import { EXIT_MEANINGS } from '../exit-codes.js';
import { SECTIONS, type Command } from './command.js';
import { argumentWords, optionRows, type HelpRow } from './help.js';

/** An option of at least this many commands is listed once for all of them. */
const COMMON_FROM = 3;

/** The reference of all commands and exit codes, as a Markdown page. */
export function referencePage(commands: readonly Command[]): string {
  const common = commonOptions(commands);
  const sections = SECTIONS.map((section) => ({
    section,
    entries: commands.filter((command) => command.section === section).map((command) => entryOf(command, common)),
  }));
  return [
    '# Commands and exit codes\n\n',
    '`login-policy COMMAND --help` explains the options of a command, with examples; ',
    '`login-policy reference` prints this page.\n\n',
    ...sections.flatMap(({ section, entries }) =>
      entries.length === 0 ? [] : [`## ${section}\n\n${entries.join('')}\n`],
    ),
    `## Common options\n\n${[...common.values()].map(([option]) => `\`${option}\``).join(', ')}. `,
    'A command’s help lists which of these it has, and their environment variables.\n\n',
    `## Exit codes\n\n${Object.entries(EXIT_MEANINGS).map(item).join('')}`,
  ].join('');
}

function entryOf(command: Command, common: ReadonlyMap<string, HelpRow>): string {
  const own = optionRows(command.options).filter((row) => !common.has(row.join()));
  return item([
    `${command.name}${argumentWords(command)}${own.map(([option]) => ` [${option}]`).join('')}`,
    command.summary,
  ]);
}

function item([name, text]: HelpRow): string {
  return `- \`${name}\`: ${text}\n`;
}

function commonOptions(commands: readonly Command[]): ReadonlyMap<string, HelpRow> {
  const rows = commands.flatMap(({ options }) => optionRows(options));
  const isCommon = (row: HelpRow): boolean => rows.filter((other) => other.join() === row.join()).length >= COMMON_FROM;
  return new Map(rows.filter(isCommon).map((row) => [row.join(), row]));
}

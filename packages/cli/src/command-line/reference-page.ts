import { EXIT_MEANINGS } from '../exit-codes.js';
import { SECTIONS, type Command } from './command.js';
import { argumentWords, type HelpRow } from './help.js';

/** The reference of all commands and exit codes, as a Markdown page. */
export function referencePage(commands: readonly Command[]): string {
  const sections = SECTIONS.map((section) => ({
    section,
    entries: commands.filter((command) => command.section === section).map(entryOf),
  }));
  return [
    '# Commands and exit codes\n\n',
    '`login-policy COMMAND --help` explains the options of a command, with examples; ',
    '`login-policy reference` prints this page.\n\n',
    ...sections.flatMap(({ section, entries }) =>
      entries.length === 0 ? [] : [`## ${section}\n\n${entries.join('')}\n`],
    ),
    `## Exit codes\n\n${Object.entries(EXIT_MEANINGS).map(item).join('')}`,
  ].join('');
}

function entryOf(command: Command): string {
  return item([`${command.name}${argumentWords(command)}`, command.summary]);
}

function item([name, text]: HelpRow): string {
  return `- \`${name}\`: ${text}\n`;
}

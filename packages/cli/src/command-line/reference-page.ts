import { EXIT_MEANINGS } from '../exit-codes.js';
import { indented, table } from '../output/table.js';
import { SECTIONS, type Command, type Section } from './command.js';
import { argumentRows, optionRows, usageOf, type HelpRow } from './help.js';

/** How many commands share an option, or a paragraph, that is explained once for all of them. */
const SHARED_FROM = 3;

/** The reference of all commands and exit codes as a page of Markdown. */
export function referencePage(commands: readonly Command[]): string {
  const options = sharedIn(commands.flatMap((command) => optionRows(command.options).map((row) => [row.join(), row])));
  return [
    '# Commands and exit codes\n\n',
    'Printed by `login-policy reference`; a test holds this page to it. `login-policy COMMAND --help` explains a command in full, with examples.\n\n',
    '## Common options\n\nThey mean the same wherever a command names them.\n\n',
    `${fenced(table([...options.values()]))}\n`,
    ...SECTIONS.map((section) => sectionOf({ section, commands, options })),
    exitCodes(),
  ].join('');
}

interface Reference {
  readonly section: Section;
  readonly commands: readonly Command[];
  /** The options that stand before all commands. */
  readonly options: ReadonlyMap<string, HelpRow>;
}

function sectionOf({ section, commands, options }: Reference): string {
  const here = commands.filter((command) => command.section === section);
  const said = sharedIn(here.flatMap(({ details = [] }) => details.map((text) => [text, text])));
  const entries = here.map((command) => entryOf(command, { options, said }));
  return here.length === 0
    ? ''
    : [`## ${section}\n\n`, ...[...said.keys()].map((text) => `${text}\n\n`), ...entries].join('');
}

interface Said {
  readonly options: ReadonlyMap<string, HelpRow>;
  /** Paragraphs that stand before the section. */
  readonly said: ReadonlyMap<string, string>;
}

function entryOf(command: Command, { options, said }: Said): string {
  const { name, summary, details = [], arguments: words = [] } = command;
  const rows = optionRows(command.options);
  const common = rows.filter((row) => options.has(row.join())).map(([option]) => option.split(' ')[0]);
  const own = [...argumentRows(words), ...rows.filter((row) => !options.has(row.join()))];
  const lines = [
    ...[summary, ...details.filter((text) => !said.has(text))].map((text) => `${text}\n`),
    table(own),
    common.length === 0 ? '' : `Common: ${common.length === options.size ? 'all' : common.join(' ')}\n`,
  ];
  return `### \`${name}\`\n\n${fenced(`${usageOf(command)}\n${indented(lines.join(''))}`)}\n`;
}

function fenced(text: string): string {
  return `\`\`\`text\n${text}\`\`\`\n`;
}

function exitCodes(): string {
  const longest = Math.max(...Object.values(EXIT_MEANINGS).map((meaning) => meaning.length));
  const row = (code: string, meaning: string): string => `| ${code.padEnd(4)} | ${meaning.padEnd(longest)} |\n`;
  const codes = Object.entries(EXIT_MEANINGS).map(([code, meaning]) => row(code, meaning));
  return `## Exit codes\n\n${row('code', 'meaning')}${row('----', '-'.repeat(longest))}${codes.join('')}`;
}

/** What stands under one key at least `SHARED_FROM` times. */
function sharedIn<Value>(entries: readonly (readonly [string, Value])[]): ReadonlyMap<string, Value> {
  const isShared = (key: string): boolean => entries.filter(([other]) => other === key).length >= SHARED_FROM;
  return new Map(entries.filter(([key]) => isShared(key)));
}

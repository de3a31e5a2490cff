import { indented, table } from '../output/table.js';
import { SECTIONS, type ArgumentSpec, type Command, type OptionSpecs } from './command.js';

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
export function helpOf({ name, summary, details = [], arguments: words = [], options, examples }: Command): string {
  const described = words.length === 0 ? '' : `\nArguments\n${indented(table(argumentRows(words)))}`;
  return [
    `${summary}\n\nUsage: ${usageOf({ name, arguments: words })}\n`,
    ...details.map((paragraph) => `\n${paragraph}\n`),
    described,
    `\nOptions\n${indented(table(optionRows(options)))}`,
    `\nExamples\n${indented(examples.map((example) => `${example}\n`).join(''))}`,
  ].join('');
}

/** How a command is called. */
export function usageOf(command: Pick<Command, 'name' | 'arguments'>): string {
  return `login-policy ${command.name}${argumentWords(command)} [OPTIONS]`;
}

/** The words behind the name of a command, each with a blank before it. */
export function argumentWords({ arguments: words = [] }: Pick<Command, 'arguments'>): string {
  return words.map((word) => (word.isOptional === true ? ` [${word.name}]` : ` ${word.name}`)).join('');
}

/** An argument or an option as it is given, and what it does. */
export type HelpRow = readonly [string, string];

/** The arguments of a command with what they are. */
function argumentRows(words: readonly ArgumentSpec[]): readonly HelpRow[] {
  return words.map(({ name, is }) => [name, is]);
}

/** The options of a command with what they do. */
export function optionRows(options: OptionSpecs): readonly HelpRow[] {
  return Object.entries(options).map(([name, { value, is, variable }]) => [
    value === undefined ? `--${name}` : `--${name} ${value}`,
    variable === undefined ? is : `${is} Default: ${variable} of the environment.`,
  ]);
}

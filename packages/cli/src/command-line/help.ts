import { indented, table } from '../output/table.js';
import { SECTIONS, type ArgumentSpec, type Command } from './command.js';
import type { OptionSpecs } from './option-specs.js';

const TITLE = 'login-policy: show and change login policies, keep them as code, operate their store.';

/** The help of the whole program. */
export function overview(commands: readonly Command[]): string {
  const sections = SECTIONS.map((section) => {
    const rows = commands.filter((command) => command.section === section).map(({ name, summary }) => [name, summary]);
    return rows.length === 0 ? '' : `${section}\n${indented(table(rows))}\n`;
  });
  return [
    `${TITLE}\n\n`,
    'Usage: login-policy COMMAND [OPTIONS]\n\n',
    ...sections,
    'login-policy COMMAND --help shows the help of a command, with examples.\n',
    'Never put secrets in arguments: put a URL with a password into LOGIN_POLICY_STORE or a file.\n',
  ].join('');
}

/** The help of one command. */
export function helpOf({ name, summary, details = [], arguments: specs = [], options, examples }: Command): string {
  const argumentsText = specs.length === 0 ? '' : `\nArguments\n${indented(table(argumentRows(specs)))}`;
  return [
    `${summary}\n\nUsage: ${usageOf({ name, arguments: specs })}\n`,
    ...details.map((paragraph) => `\n${paragraph}\n`),
    argumentsText,
    `\nOptions\n${indented(table(optionRows(options)))}`,
    `\nExamples\n${indented(examples.map((example) => `${example}\n`).join(''))}`,
  ].join('');
}

/** The usage line of a command. */
export function usageOf(command: Pick<Command, 'name' | 'arguments'>): string {
  return `login-policy ${command.name}${argumentWords(command)} [OPTIONS]`;
}

/** The arguments in the usage line of a command, each with a leading space. */
export function argumentWords({ arguments: specs = [] }: Pick<Command, 'arguments'>): string {
  return specs.map(({ isOptional, name }) => (isOptional === true ? ` [${name}]` : ` ${name}`)).join('');
}

/** An argument or option as it is typed, and its explanation. */
export type HelpRow = readonly [string, string];

/** The arguments of a command, each with its explanation. */
function argumentRows(specs: readonly ArgumentSpec[]): readonly HelpRow[] {
  return specs.map(({ name, description }) => [name, description]);
}

/** The options of a command, each with its explanation. */
function optionRows(options: OptionSpecs): readonly HelpRow[] {
  return Object.entries(options).map(([name, { placeholder, description, variable }]) => [
    placeholder === undefined ? `--${name}` : `--${name} ${placeholder}`,
    variable === undefined ? description : `${description} Default: the environment variable ${variable}.`,
  ]);
}

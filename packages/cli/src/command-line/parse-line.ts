import { parseArgs } from 'node:util';
import { joinInWords, hintFor } from '@login-policy/event-sourcing';
import { EXIT } from '../exit-codes.js';
import { Failure } from '../failure.js';
import type { Command } from './command.js';
import type { OptionSpecs } from './option-specs.js';
import type { Values } from './parsed-arguments.js';

/** The options of every command. */
export const COMMON_OPTIONS: OptionSpecs = {
  help: { description: 'Prints the help of the command.' },
  version: { description: 'Prints the version.' },
};

/** A parsed command line. */
export type CommandLine =
  | { readonly kind: 'help'; readonly command: Command | undefined }
  | { readonly kind: 'version' }
  | {
      readonly kind: 'run';
      readonly command: Command;
      readonly values: Values;
      readonly positionals: Readonly<Record<string, string>>;
    };

/** A token of a command line, as Node's parser returns it. */
type Token =
  | {
      readonly kind: 'option';
      readonly name: string;
      readonly rawName: string;
      readonly value: string | undefined;
      /** Whether the value stands behind an equals sign. */
      readonly inlineValue: boolean | undefined;
    }
  | { readonly kind: 'positional'; readonly value: string }
  | { readonly kind: 'option-terminator' };

/**
 * Parses a command line. The command's name comes first; options and arguments follow in any order.
 *
 * @throws Failure that names the error, with the nearest known name.
 */
export function parseLine(argv: readonly string[], commands: readonly Command[]): CommandLine {
  const { name, rest } = namedIn(argv, commands);
  // Node has replaced what is not UTF-8, so an id would be another one.
  if (argv.some((word) => word.includes('\ufffd'))) throw usage('Every argument must be text in UTF-8.');
  if (name === undefined || name === '--help' || name === '-h') return { kind: 'help', command: undefined };
  if (name === '--version' || name === '-V') return { kind: 'version' };
  if (name === 'help')
    return {
      kind: 'help',
      command: rest[0] === undefined ? undefined : commandNamed(namedIn(rest, commands).name ?? '', commands),
    };
  const command = commandNamed(name, commands);
  const options = { ...command.options, ...COMMON_OPTIONS };
  const tokens = withWords(tokensOf(rest, options), options);
  const values = valuesOf(tokens, { command, options });
  if (values['help'] === true) return { kind: 'help', command };
  if (values['version'] === true) return { kind: 'version' };
  return { kind: 'run', command, values, positionals: positionalsOf(tokens, command) };
}

/** The name of a command is its first word, or the first two, and what follows it. */
function namedIn(
  argv: readonly string[],
  commands: readonly Command[],
): { readonly name: string | undefined; readonly rest: readonly string[] } {
  const [first, second] = argv;
  const hasTwo = second?.startsWith('-') === false && commands.some(({ name }) => name.startsWith(`${first} `));
  return hasTwo ? { name: `${first} ${second}`, rest: argv.slice(2) } : { name: first, rest: argv.slice(1) };
}

function commandNamed(name: string, commands: readonly Command[]): Command {
  const found = commands.find((command) => command.name === name);
  if (found !== undefined) return found;
  if (name.startsWith('-')) {
    throw usage(
      `Expected the name of a command first, got the option ${name}.`,
      'login-policy --help lists the commands.',
    );
  }
  const names = commands.map((command) => command.name);
  const longer = names.filter((one) => one.startsWith(`${name} `));
  if (longer.length > 0) throw usage(`${name} is one of these: ${joinInWords(longer)}.`);
  throw usage(`${JSON.stringify(name)} is not a command.`, hintFor(name, names, 'login-policy --help lists them.'));
}

function tokensOf(args: readonly string[], specs: OptionSpecs): readonly Token[] {
  const options: Record<string, { type: 'boolean' | 'string'; short?: string }> = {};
  for (const [name, { placeholder }] of Object.entries(specs))
    options[name] = { type: placeholder === undefined ? 'boolean' : 'string' };
  options['help'] = { type: 'boolean', short: 'h' };
  return parseArgs({ args: [...args], options, strict: false, allowPositionals: true, tokens: true }).tokens;
}

/** Makes the words behind an option that takes them further values of it. */
function withWords(tokens: readonly Token[], specs: OptionSpecs): readonly Token[] {
  let taking: (Token & { readonly kind: 'option' }) | undefined;
  return tokens.map((token) => {
    if (token.kind === 'positional' && taking !== undefined)
      return { ...taking, value: token.value, inlineValue: true };
    taking = token.kind === 'option' && specs[token.name]?.takesWords === true ? token : undefined;
    return token;
  });
}

function valuesOf(
  tokens: readonly Token[],
  { command, options }: { readonly command: Command; readonly options: OptionSpecs },
): Values {
  const values: Record<string, string | true | readonly string[]> = {};
  for (const token of tokens) {
    if (token.kind !== 'option') continue;
    const { name, rawName } = token;
    const spec = Object.hasOwn(options, name) ? options[name] : undefined;
    const help = `login-policy ${command.name} --help lists its options.`;
    if (spec === undefined && name === 'token')
      throw usage('Every user of this machine can read a token in an argument. Use --token-file FILE.');
    if (spec === undefined && (name === 'api' || name === 'token-file') && Object.hasOwn(options, 'store'))
      throw usage(`${command.name} needs direct access to the store, not the API: use --store URL.`);
    if (spec === undefined) {
      throw usage(
        `${rawName} is not an option of ${command.name}.`,
        hintFor(
          name,
          Object.keys(options).map((option) => `--${option}`),
          help,
        ),
      );
    }
    const value = valueOf(token, spec.placeholder, help);
    const before = values[name];
    if (spec.isRepeatable === true && typeof value === 'string')
      values[name] = [...(typeof before === 'object' ? before : []), value];
    else if (before === undefined) values[name] = value;
    else throw usage(`${rawName} is given twice.`, help);
  }
  return values;
}

function valueOf(
  { inlineValue, rawName, value }: Token & { readonly kind: 'option' },
  placeholder: string | undefined,
  help: string,
): string | true {
  if (placeholder === undefined) {
    if (value === undefined) return true;
    throw usage(`${rawName} takes no value.`, help);
  }
  // The next option is not the value of one whose value was forgotten.
  const isNextOption = inlineValue !== true && value?.startsWith('--') === true;
  if (value !== undefined && value !== '' && !isNextOption) return value;
  throw usage(`${rawName} takes a value: ${rawName} ${placeholder}.`, help);
}

function positionalsOf(tokens: readonly Token[], command: Command): Readonly<Record<string, string>> {
  const texts = tokens.flatMap((token) => (token.kind === 'positional' ? [token.value] : []));
  const specs = command.arguments ?? [];
  const positionals: Record<string, string> = {};
  for (const [index, { name, description, isOptional }] of specs.entries()) {
    const text = texts[index];
    // A lost id must not mean the default policy.
    if (text === '' && isOptional === true) throw usage(`${name} is empty. Name one, or leave it out.`);
    if (text !== undefined && text !== '') positionals[name] = text;
    else if (isOptional !== true)
      throw usage(
        `${command.name} needs ${name}: ${description}`,
        `login-policy ${command.name} --help shows examples.`,
      );
  }
  const more = texts[specs.length];
  if (more === undefined) return positionals;
  const takes = specs.length === 0 ? 'no words' : specs.map(({ name }) => name).join(' ');
  throw usage(`${command.name} takes ${takes} after its name, not ${JSON.stringify(more)}.`);
}

function usage(...sentences: readonly string[]): Failure {
  return new Failure(EXIT.usage, sentences.join(' '));
}

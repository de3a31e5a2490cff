import { EXIT } from '../exit-codes.js';
import { Failure } from '../failure.js';
import type { OptionSpecs } from './option-specs.js';

/** The options of a command line: the value of each, `true` without a value, or a list of values. */
export type Values = Readonly<Record<string, string | true | readonly string[]>>;

/** The checked options and arguments of a command line, with environment variables as defaults. */
export class ParsedArguments {
  readonly #options: OptionSpecs;
  readonly #values: Values;
  readonly #arguments: Readonly<Record<string, string>>;
  readonly #env: Readonly<Record<string, string | undefined>>;

  constructor(
    {
      options,
      values,
      positionals,
    }: { options: OptionSpecs; values: Values; positionals: Readonly<Record<string, string>> },
    env: Readonly<Record<string, string | undefined>>,
  ) {
    this.#options = options;
    this.#values = values;
    this.#arguments = positionals;
    this.#env = env;
  }

  /** A positional argument; `undefined` for an absent optional one. */
  argument(name: string): string | undefined {
    return this.#arguments[name];
  }

  /** A required positional argument. The parser has checked that it is present. */
  requiredArgument(name: string): string {
    const argument = this.argument(name);
    if (argument === undefined) throw new Error(`The argument ${name} is not a required one.`);
    return argument;
  }

  /** Whether an option without a value is present. */
  flag(name: string): boolean {
    return this.#valueOf(name) === true;
  }

  /** The value of an option, by default from its environment variable. */
  value(name: string): string | undefined {
    const value = this.#valueOf(name);
    if (typeof value === 'string') return value;
    return this.fromEnvironment(name);
  }

  /** The values of a repeatable option. */
  values(name: string): readonly string[] {
    const value = this.#valueOf(name);
    return Array.isArray(value) ? value.map(String) : [];
  }

  /** Whether the command has this option. */
  hasOption(name: string): boolean {
    return Object.hasOwn(this.#options, name);
  }

  /** Whether the command line has a value for the option. Every user of the machine can read it there. */
  isOnCommandLine(name: string): boolean {
    return typeof this.#valueOf(name) === 'string';
  }

  /** The value of an option's environment variable; `undefined` if it is empty. */
  fromEnvironment(name: string): string | undefined {
    const variable = this.#options[name]?.variable;
    const value = variable === undefined ? undefined : this.#env[variable];
    return value === '' ? undefined : value;
  }

  /** Parses a whole number from 0 on. @throws Failure when the text is not one. */
  wholeNumber(name: string): bigint | undefined {
    const text = this.value(name);
    if (text === undefined) return undefined;
    return /^\d{1,18}$/.test(text) ? BigInt(text) : this.#refuseNumber(name, 'from 0');
  }

  /** Parses a limit from 1 on. @throws Failure when the text is not one. */
  limit(name: string, { most, byDefault }: { readonly most: number; readonly byDefault: number }): number {
    const text = this.value(name) ?? String(byDefault);
    const limit = /^\d{1,9}$/.test(text) ? Number(text) : 0;
    return limit >= 1 && limit <= most ? limit : this.#refuseNumber(name, `from 1 to ${most.toLocaleString('en')}`);
  }

  #refuseNumber(name: string, range: string): never {
    const found = JSON.stringify(this.value(name));
    throw new Failure(EXIT.usage, `--${name} must be a whole number ${range}, not ${found}.`);
  }

  #valueOf(name: string): Values[string] | undefined {
    if (!Object.hasOwn(this.#options, name)) throw new Error(`The option --${name} is not an option of this command.`);
    return this.#values[name];
  }
}

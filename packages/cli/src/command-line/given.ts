import { EXIT } from '../exit-codes.js';
import { Failure } from '../failure.js';
import type { OptionSpecs } from './command.js';
import type { Values } from './parse-line.js';

/** What stood on the command line, checked by name; or, of an option with a variable, in the environment. */
export class Given {
  readonly #options: OptionSpecs;
  readonly #values: Values;
  readonly #arguments: Readonly<Record<string, string>>;
  readonly #env: Readonly<Record<string, string | undefined>>;

  constructor(
    { options, values, words }: { options: OptionSpecs; values: Values; words: Readonly<Record<string, string>> },
    env: Readonly<Record<string, string | undefined>>,
  ) {
    this.#options = options;
    this.#values = values;
    this.#arguments = words;
    this.#env = env;
  }

  /** A word behind the name of the command; `undefined` of an optional one that is not there. */
  word(name: string): string | undefined {
    return this.#arguments[name];
  }

  /** A word that the parser made sure of. */
  demandedWord(name: string): string {
    const word = this.word(name);
    if (word === undefined) throw new Error(`The argument ${name} is not one that has to be there.`);
    return word;
  }

  /** Whether an option without a value is there. */
  flag(name: string): boolean {
    return this.#valueOf(name) === true;
  }

  /** The value of an option; from the environment where the option has a variable. */
  text(name: string): string | undefined {
    const value = this.#valueOf(name);
    if (typeof value === 'string') return value;
    return this.fromEnvironment(name);
  }

  /** The values of an option that may be given several times. */
  texts(name: string): readonly string[] {
    const value = this.#valueOf(name);
    return Array.isArray(value) ? value.map(String) : [];
  }

  /** Whether the command has such an option. */
  knows(name: string): boolean {
    return Object.hasOwn(this.#options, name);
  }

  /** Whether the value stood on the command line, where everybody on the machine can read it. */
  isArgument(name: string): boolean {
    return typeof this.#valueOf(name) === 'string';
  }

  /** What the variable of an option holds; an empty one holds nothing. */
  fromEnvironment(name: string): string | undefined {
    const variable = this.#options[name]?.variable;
    const value = variable === undefined ? undefined : this.#env[variable];
    return value === '' ? undefined : value;
  }

  /** A whole number. @throws Failure when it is not one. */
  wholeNumber(name: string): bigint | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    if (/^\d{1,18}$/.test(text)) return BigInt(text);
    throw new Failure(EXIT.usage, `--${name} is a whole number from 0 on, not ${JSON.stringify(text)}.`);
  }

  #valueOf(name: string): Values[string] | undefined {
    if (!Object.hasOwn(this.#options, name)) throw new Error(`The option --${name} is not one of this command.`);
    return this.#values[name];
  }
}

import type { ExitCode } from '../exit-codes.js';
import type { Io } from '../io.js';
import type { ParsedArguments } from './parsed-arguments.js';

/** An option of a command. */
export interface OptionSpec {
  /** Stands for the value in the help, such as `URL`; absent for an option without a value. */
  readonly placeholder?: string;
  /** An explanation, as a sentence. */
  readonly description: string;
  /** The environment variable used when the option is absent. */
  readonly variable?: string;
  /** Whether a command line may have the option several times. */
  readonly isRepeatable?: boolean;
  /** Whether words that follow the option's value are further values, as a shell makes them of a pattern. */
  readonly takesWords?: boolean;
}

/** Options by name, without the dashes. */
export type OptionSpecs = Readonly<Record<string, OptionSpec>>;

/** A positional argument of a command. */
export interface ArgumentSpec {
  readonly name: string;
  readonly description: string;
  readonly isOptional?: boolean;
}

/** One call of a command: its arguments, and the process around it. */
export interface Invocation {
  readonly args: ParsedArguments;
  readonly io: Io;
}

/** A command: how it is parsed, explained and run. */
export interface Command {
  readonly name: string;
  /** The section that lists the command in the help. */
  readonly section: Section;
  /** One sentence for the help. */
  readonly summary: string;
  /** Further paragraphs for the help. */
  readonly details?: readonly string[];
  readonly arguments?: readonly ArgumentSpec[];
  readonly options: OptionSpecs;
  readonly examples: readonly string[];
  run(invocation: Invocation): Promise<ExitCode>;
}

/** The sections of the help, in order. */
export const SECTIONS = ['Look', 'Change', 'Policies as code', 'Operate', 'Witness'] as const;

/** A section of the help. */
export type Section = (typeof SECTIONS)[number];

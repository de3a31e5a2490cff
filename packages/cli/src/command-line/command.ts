import type { ExitCode } from '../exit-codes.js';
import type { Io } from '../io.js';
import type { Given } from './given.js';

/** An option of a command. */
export interface OptionSpec {
  /** What its value is called in the help, such as `URL`; absent for one that takes none. */
  readonly value?: string;
  /** What it does, as a sentence. */
  readonly is: string;
  /** The variable of the environment that stands in where the option is not given. */
  readonly variable?: string;
  /** Whether it may be given several times. */
  readonly isRepeatable?: boolean;
}

/** Options by their names, without the dashes. */
export type OptionSpecs = Readonly<Record<string, OptionSpec>>;

/** A word behind the name of a command. */
export interface ArgumentSpec {
  readonly name: string;
  readonly is: string;
  readonly isOptional?: boolean;
}

/** What a command is run with. */
export interface Run {
  readonly given: Given;
  readonly io: Io;
}

/** A command, as it is parsed, explained and run. */
export interface Command {
  readonly name: string;
  /** The section of the help it stands in. */
  readonly section: Section;
  /** What it does, as one sentence. */
  readonly summary: string;
  /** What else there is to know, in paragraphs. */
  readonly details?: readonly string[];
  readonly arguments?: readonly ArgumentSpec[];
  readonly options: OptionSpecs;
  readonly examples: readonly string[];
  run(run: Run): Promise<ExitCode>;
}

/** The sections of the help, in their order. */
export const SECTIONS = ['Look', 'Change', 'Policies as code', 'Operate'] as const;

/** A section of the help. */
export type Section = (typeof SECTIONS)[number];

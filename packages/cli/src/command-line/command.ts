import type { ExitCode } from '../exit-codes.js';
import type { Io } from '../io.js';
import type { Given } from './given.js';

/** An option of a command. */
export interface OptionSpec {
  /** The name of its value in the help, such as `URL`; absent for an option without a value. */
  readonly value?: string;
  /** An explanation, as a sentence. */
  readonly is: string;
  /** The environment variable used when the option is absent. */
  readonly variable?: string;
  /** Whether it can be given several times. */
  readonly isRepeatable?: boolean;
}

/** Options by name, without the dashes. */
export type OptionSpecs = Readonly<Record<string, OptionSpec>>;

/** A positional argument of a command. */
export interface ArgumentSpec {
  readonly name: string;
  readonly is: string;
  readonly isOptional?: boolean;
}

/** The input of a command. */
export interface Run {
  readonly given: Given;
  readonly io: Io;
}

/** A command: how it is parsed, explained and run. */
export interface Command {
  readonly name: string;
  /** Its section in the help. */
  readonly section: Section;
  /** An explanation, as one sentence. */
  readonly summary: string;
  /** Further explanations, in paragraphs. */
  readonly details?: readonly string[];
  readonly arguments?: readonly ArgumentSpec[];
  readonly options: OptionSpecs;
  readonly examples: readonly string[];
  run(run: Run): Promise<ExitCode>;
}

/** The sections of the help, in order. */
export const SECTIONS = ['Look', 'Change', 'Policies as code', 'Operate'] as const;

/** A section of the help. */
export type Section = (typeof SECTIONS)[number];

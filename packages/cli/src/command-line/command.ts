import type { ExitCode } from '../exit-codes.js';
import type { Io } from '../io.js';
import type { ParsedArguments } from './parsed-arguments.js';
import type { OptionSpecs } from './option-specs.js';

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

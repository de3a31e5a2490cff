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

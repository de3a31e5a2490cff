/** Where text goes. */
export interface Output {
  readonly isTerminal: boolean;
  /** Writes the text as it is: no line end is added. */
  write(text: string): void;
}

/** All that a command touches of the process it runs in, so that it can be run in another one, too. */
export interface Io {
  readonly out: Output;
  /** For what is not the answer: questions, progress, errors. */
  readonly err: Output;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The folder that relative paths begin at. */
  readonly cwd: string;
  /** Puts a question to a person; `undefined` where there is nobody to ask. */
  readonly ask: ((question: string) => Promise<string>) | undefined;
  /** Fires at Ctrl-C. */
  readonly interrupted: AbortSignal;
}

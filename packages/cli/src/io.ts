/** A destination for text. */
export interface Output {
  readonly isTerminal: boolean;
  /** Whether nothing can be written to it any more. A command that only writes may end then. */
  readonly isClosed?: boolean;
  /** Writes the text unchanged, without adding a line end. */
  write(text: string): void;
}

/** Everything a command uses of its process. A test can pass its own. */
export interface Io {
  readonly out: Output;
  /** For everything except the result: questions, progress, errors. */
  readonly err: Output;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The directory of relative paths. */
  readonly cwd: string;
  /** Asks the user a question; `undefined` without a terminal. */
  readonly ask: ((question: string) => Promise<string>) | undefined;
  /** Fires at Ctrl-C or SIGTERM. */
  readonly interrupted: AbortSignal;
}

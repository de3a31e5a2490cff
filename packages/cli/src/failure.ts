import type { ExitCode } from './exit-codes.js';

/** Ends a command with a message that says what is wrong and what to do. */
export class Failure extends Error {
  readonly exitCode: ExitCode;

  constructor(exitCode: ExitCode, message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.name = 'Failure';
    this.exitCode = exitCode;
  }
}

/** Ends a command that has done a part of its work. The error is the cause. */
export class Incomplete extends Error {
  /** What was done and what was not, as `--json` prints it. */
  readonly result: object;

  constructor(result: object, cause: unknown) {
    super('The command has done a part of its work.', { cause });
    this.name = 'Incomplete';
    this.result = result;
  }
}

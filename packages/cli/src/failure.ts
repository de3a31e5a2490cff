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

import { isFault } from '@login-policy/event-sourcing';
import { RejectedError } from '@login-policy/domain';
import { ParsedArguments } from './command-line/parsed-arguments.js';
import { helpOf, overview } from './command-line/help.js';
import { COMMON_OPTIONS, parseLine } from './command-line/parse-line.js';
import { COMMANDS } from './commands/all-commands.js';
import { EXIT, type ExitCode } from './exit-codes.js';
import { Failure, Incomplete } from './failure.js';
import type { Io } from './io.js';
import { printable } from './output/printable.js';
import { Refused } from './session/answers.js';
import { VERSION } from './version.js';

/** Runs a command line, and returns the exit code. It never throws, and closes everything it opened. */
export async function run(argv: readonly string[], io: Io): Promise<ExitCode> {
  try {
    const line = parseLine(argv, COMMANDS);
    switch (line.kind) {
      case 'help':
        io.out.write(line.command === undefined ? overview(COMMANDS) : helpOf(line.command));
        return EXIT.done;
      case 'version':
        io.out.write(`${VERSION}\n`);
        return EXIT.done;
      case 'run': {
        const { command, values, positionals } = line;
        const args = new ParsedArguments(
          { options: { ...command.options, ...COMMON_OPTIONS }, values, positionals },
          io.env,
        );
        return await command.run({ args, io });
      }
    }
  } catch (caught) {
    const { cause, result } = caught instanceof Incomplete ? caught : { cause: caught, result: {} };
    const exit = io.interrupted.aborted ? INTERRUPTED : { ...failureOf(cause), ...reasonOf(cause) };
    return printExit(argv, io, { exit, result });
  }
}

/** Prints that a command line was interrupted, and returns its exit code. */
export function printInterrupted(argv: readonly string[], io: Pick<Io, 'err' | 'out'>): ExitCode {
  return printExit(argv, io, { exit: INTERRUPTED, result: {} });
}

/** Also where the command line could not be parsed: a program that asked for JSON reads nothing else. */
function printExit(
  argv: readonly string[],
  { err, out }: Pick<Io, 'err' | 'out'>,
  { exit: { code, ...why }, result }: { readonly exit: Exit; readonly result: object },
): ExitCode {
  if (argv.includes('--json', 1))
    out.write(`${JSON.stringify({ ...result, error: { exitCode: code, ...why } }, undefined, 2)}\n`);
  err.write(`${why.message}\n`);
  return code;
}

/** The library's name for a refusal or a fault, if it has one. */
function reasonOf(caught: unknown): { readonly reason: string } | undefined {
  if (caught instanceof Refused) return { reason: caught.reason };
  if (caught instanceof RejectedError) return { reason: caught.rejection.reason };
  return isFault(caught) ? { reason: caught.code } : undefined;
}

interface Exit {
  readonly code: ExitCode;
  readonly reason?: string;
  readonly message: string;
}

const INTERRUPTED: Exit = { code: EXIT.interrupted, message: 'Interrupted.' };

/** Converts any error to an exit code and a message. */
function failureOf(caught: unknown): Exit {
  if (caught instanceof Failure) return { code: caught.exitCode, message: printableLines(caught.message) };
  if (caught instanceof RejectedError) return { code: EXIT.refused, message: printableLines(caught.message) };
  if (isFault(caught))
    return { code: codeOfFault(caught), message: printableLines(`${caught.message}. ${adviceOn(caught)}`) };
  if (caught instanceof RangeError) return { code: EXIT.usage, message: printableLines(caught.message) };
  const text = caught instanceof Error ? (caught.stack ?? caught.message) : String(caught);
  return { code: EXIT.defect, message: `This is a defect of login-policy, please report it.\n${text}` };
}

function printableLines(text: string): string {
  return text.split('\n').map(printable).join('\n');
}

type AnyFault = Parameters<typeof adviceOn>[0];

function codeOfFault({ code, retryable }: AnyFault): ExitCode {
  if (code === 'store-full') return EXIT.output;
  if (code === 'position-unknown') return EXIT.refused;
  return retryable ? EXIT.tryAgain : EXIT.store;
}

/** Advice for a fault of the store. */
function adviceOn({ code, retryable }: { readonly code: string; readonly retryable: boolean }): string {
  switch (code) {
    case 'store-full':
      return 'Free disk space, and run the same command again.';
    case 'store-damaged':
    case 'unreadable-event':
    case 'projection-stopped':
      return 'Run login-policy verify to find the damage. To repair rows, run login-policy rebuild; to repair events, restore a backup.';
    case 'written-by-newer-program':
      return 'Use the version of this program that wrote it.';
    case 'store-foreign':
      return 'Name another store, or use the version of this program that fits (login-policy migrate).';
    case 'driver-unusable':
      return 'This store can’t be opened by this Node.';
    case 'position-unknown':
      return 'login-policy status shows the end of this store.';
    case 'projection-behind':
      return 'login-policy lag shows how far it lags; login-policy rebuild rebuilds it.';
    case 'outcome-unknown':
    case 'written-unseen':
      return 'Run the same command again: nothing is done twice.';
    default:
      return retryable ? 'Run the same command again later.' : 'Run login-policy status for the state of the store.';
  }
}

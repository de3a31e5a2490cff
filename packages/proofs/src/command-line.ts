import { parseArgs } from 'node:util';
import type { Proof } from './proof.js';

/** The parsed command line. */
export interface Request {
  readonly proofs: readonly Proof[];
  /** Default: the number that each proof names. */
  readonly rounds: number | undefined;
  /** How many times that number. */
  readonly times: number;
  /** Default: a new one for each run. */
  readonly seed: number | undefined;
}

const USAGE = 'npm run proofs -- [NAME …] [--rounds N | --times N] [--seed N]';

/**
 * Parses `[NAME …] [--rounds N | --times N] [--seed N]`.
 *
 * @throws RangeError that names the mistake and the usage: a mistyped command line must not run proofs of no rounds.
 */
export function readCommandLine(
  args: readonly string[],
  { all, environment }: { readonly all: readonly Proof[]; readonly environment: NodeJS.ProcessEnv },
): Request {
  // Without `--`, as in `npm run proofs NAME --rounds N`, npm takes the options for its own.
  const takenByNpm = ['rounds', 'times', 'seed'].filter((name) => environment[`npm_config_${name}`] !== undefined);
  if (takenByNpm.length > 0) throw new RangeError(`npm kept --${takenByNpm.join(' and --')} to itself: ${USAGE}`);
  const { values, positionals } = parse(args);
  const unknown = positionals.filter((name) => !all.some((proof) => proof.name === name));
  if (values.rounds !== undefined && values.times !== undefined) throw new RangeError(USAGE);
  const names = all.map(({ name }) => name).join(', ');
  if (unknown.length > 0) throw new RangeError(`There is no proof ${unknown.join(', ')}. There are: ${names}.`);
  return {
    proofs: all.filter(({ name }) => positionals.length === 0 || positionals.includes(name)),
    rounds: wholeNumber('rounds', values.rounds, 1),
    times: wholeNumber('times', values.times, 1) ?? 1,
    seed: wholeNumber('seed', values.seed, 0),
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: { rounds: { type: 'string' }, times: { type: 'string' }, seed: { type: 'string' } },
      allowPositionals: true,
    });
  } catch (cause) {
    throw new RangeError(USAGE, { cause });
  }
}

function wholeNumber(name: string, text: string | undefined, least: number): number | undefined {
  if (text === undefined) return undefined;
  if (/^\d+$/.test(text) && Number(text) >= least && Number.isSafeInteger(Number(text))) return Number(text);
  throw new RangeError(`--${name} takes a whole number from ${least} on, not ${text}: ${USAGE}`);
}

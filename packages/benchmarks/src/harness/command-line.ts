import { parseArgs } from 'node:util';

/** The parsed command line. */
export interface Request {
  readonly isQuick: boolean;
  readonly repetitions: number;
  /** A commit to compare with, of which only our contender is measured. */
  readonly against: string | undefined;
  /** Whether to measure only our contender. */
  readonly isOursOnly: boolean;
  /** Whether to write the tables into the documentation. */
  readonly writes: boolean;
  /** Parts of the names of the rows to measure; empty for all. */
  readonly names: readonly string[];
}

/** Reads `[ROW…] [--quick] [--repetitions N] [--write | --against COMMIT | --ours]`. @throws TypeError for anything else. */
export function readCommandLine(args: readonly string[]): Request {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      quick: { type: 'boolean', default: false },
      write: { type: 'boolean', default: false },
      repetitions: { type: 'string' },
      against: { type: 'string' },
      ours: { type: 'boolean', default: false },
    },
  });
  const repetitions = Number(values.repetitions ?? (values.quick ? 1 : 5));
  if (!Number.isInteger(repetitions) || repetitions < 1) throw new TypeError('--repetitions takes a number from 1 on');
  const { against, ours: isOursOnly, quick: isQuick, write: writes } = values;
  if (against !== undefined && writes) throw new TypeError('--write and --against are different measurements');
  return { isQuick, isOursOnly, repetitions, against, writes, names: positionals };
}

import { parseArgs } from 'node:util';

/** The parsed command line. */
export interface Request {
  readonly isQuick: boolean;
  readonly repetitions: number;
  /** Whether to write the tables into the documentation. */
  readonly writes: boolean;
  /** Parts of the names of the rows to measure; empty for all. */
  readonly names: readonly string[];
}

/** Reads `[ROW…] [--quick] [--repetitions N] [--write]`. @throws TypeError for anything else. */
export function readCommandLine(args: readonly string[]): Request {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      quick: { type: 'boolean', default: false },
      write: { type: 'boolean', default: false },
      repetitions: { type: 'string' },
    },
  });
  const repetitions = Number(values.repetitions ?? (values.quick ? 1 : 5));
  if (!Number.isInteger(repetitions) || repetitions < 1) throw new TypeError('--repetitions takes a number from 1 on');
  return { isQuick: values.quick, repetitions, writes: values.write, names: positionals };
}

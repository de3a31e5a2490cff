/** The exit codes, with the values of sysexits.h where one fits. */
export const EXIT = {
  /** Done, or nothing to do. */
  done: 0,
  /** Refused, or a check found problems. */
  refused: 1,
  /** There are changes to make: of `plan`, `drift` and `--dry-run`. */
  different: 2,
  /** The command line is malformed, or has an invalid value. */
  usage: 64,
  /** An input file is malformed. */
  data: 65,
  /** An input file does not exist. */
  noInput: 66,
  /** A defect of this program. */
  defect: 70,
  /** A file can't be written. */
  output: 74,
  /** The store is unavailable, locked or lagging. The same command may succeed later. */
  tryAgain: 75,
  /** The token lacks a permission. */
  denied: 77,
  /** The store is damaged, foreign or newer, and must be repaired first. */
  store: 78,
  /** Ctrl-C or SIGTERM: one code for what the same command may resume. */
  interrupted: 130,
} as const;

/** An exit code. */
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** The explanation of each exit code. */
export const EXIT_MEANINGS: Readonly<Record<ExitCode, string>> = {
  [EXIT.done]: 'Done, or nothing to do.',
  [EXIT.refused]: 'Refused, or a check found problems.',
  [EXIT.different]: 'There are changes to make (`plan`, `drift` and `--dry-run`).',
  [EXIT.usage]: 'The command line is malformed, or has an invalid value.',
  [EXIT.data]: 'An input file is malformed.',
  [EXIT.noInput]: "An input file does not exist or can't be read.",
  [EXIT.defect]: 'A defect of this program.',
  [EXIT.output]: "A file can't be written.",
  [EXIT.tryAgain]: 'The store is unavailable, locked or lagging. The same command may succeed later.',
  [EXIT.denied]: 'The token is not accepted, or lacks a permission.',
  [EXIT.store]: 'The store is damaged, or of another program or version, and must be repaired first.',
  [EXIT.interrupted]: 'Interrupted by Ctrl-C or SIGTERM.',
};

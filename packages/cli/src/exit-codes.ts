/** How a command ends, as scripts see it: values of sysexits.h where there is one. */
export const EXIT = {
  /** It is done, or there is nothing to do. */
  done: 0,
  /** It was refused, or what was looked at is not as it has to be. */
  refused: 1,
  /** There is something to do: of `plan`, `drift` and `--dry-run`. */
  different: 2,
  /** The command line is not of its form. */
  usage: 64,
  /** A file that was given is not of its form. */
  data: 65,
  /** A file that was named is not there. */
  noInput: 66,
  /** A defect of this program. */
  defect: 70,
  /** A file can't be written. */
  output: 74,
  /** The store is away, locked or behind: the same command may succeed later. */
  tryAgain: 75,
  /** The token may not do that. */
  denied: 77,
  /** The store is damaged, foreign or newer: something has to be mended first. */
  store: 78,
  /** Ctrl-C. */
  interrupted: 130,
} as const;

/** How a command ends. */
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** What each exit code means, for people. */
export const EXIT_MEANINGS: Readonly<Record<ExitCode, string>> = {
  [EXIT.done]: 'It is done, or there is nothing to do.',
  [EXIT.refused]: 'It was refused, or what was looked at is not as it has to be.',
  [EXIT.different]: 'There is something to do: of `plan`, `drift` and `--dry-run`.',
  [EXIT.usage]: 'The command line is not of its form.',
  [EXIT.data]: 'A file that was given is not of its form.',
  [EXIT.noInput]: "A file that was named is not there or can't be read.",
  [EXIT.defect]: 'A defect of this program.',
  [EXIT.output]: "A file can't be written.",
  [EXIT.tryAgain]: 'The store is away, locked or behind: the same command may succeed later.',
  [EXIT.denied]: 'The token is not accepted, or may not do that.',
  [EXIT.store]: 'The store is damaged, of another program, or of another version: something has to be mended first.',
  [EXIT.interrupted]: 'It was ended by Ctrl-C.',
};
